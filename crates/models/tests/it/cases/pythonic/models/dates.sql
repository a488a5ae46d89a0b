{%- set dt = modules.datetime -%}
{%- set day = dt.datetime.strptime('2024-01-31 10:20:30', '%Y-%m-%d %H:%M:%S') -%}
{%- set later = day + dt.timedelta(days=30, hours=2) -%}
select '{{ day.strftime("%d/%m/%y %H-%M") }}' as a, '{{ later.isoformat() }}' as b, '{{ (later - day).days }}' as c, '{{ (later - day).total_seconds() }}' as d, '{{ dt.date(2024, 2, 29).isocalendar()[1] }}' as e,
  '{{ day.replace(day=1).date() }}' as f, '{{ day.weekday() }} {{ day.isoweekday() }}' as g, '{{ dt.datetime(2024, 1, 1) < day }}' as h, '{{ modules.pytz.timezone("Europe/Berlin").localize(day) }}' as i,
  '{{ modules.pytz.utc.localize(day).astimezone(modules.pytz.timezone("Asia/Tokyo")).strftime("%F %T %Z") }}' as j, '{{ run_started_at.strftime("%Y") | length }}' as k, '{{ dt.datetime.fromisoformat("2024-05-06T07:08:09").day }}' as l,
  '{{ dt.timedelta(hours=30) }}' as m, '{{ dt.date.today() is not none }}' as n, '{{ var("a_date") }}' as p
