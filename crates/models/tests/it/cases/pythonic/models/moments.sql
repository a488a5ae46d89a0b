-- Times of day, and other forms of moments.
{% set dt = modules.datetime %}
{% set at = dt.time(6, 30) %}
{% set when = dt.datetime(2024, 2, 29, 23, 59, 58, 120000) %}
select
  $${{ at }} {{ [at] }} {{ at.hour }} {{ at.isoformat() }} {{ at.strftime('%H.%M') }} {{ at.replace(minute=5) }} {{ at < dt.time(7) }} {{ at == dt.time(6, 30, 0) }} {{ at.tzinfo }} {{ [dt.time(1, 2, 3, 4)] }} {{ dt.time.fromisoformat('04:05:06') }} {{ dt.time() }}$$ as a,
  $${{ dt.datetime.combine(dt.date(2024, 1, 31), at) }} {{ dt.datetime.combine(when, at) }} {{ dt.datetime.combine(dt.date(2024, 1, 31), at, modules.pytz.utc) }} {{ dt.datetime.combine(when.date(), dt.datetime(2020, 1, 1).time()) }}$$ as b,
  $${{ when.time() }} {{ when.timetuple().tm_yday }} {{ when.timetuple()[0] }} {{ when.timetuple()[:3] | list }} {{ when.timetuple() }} {{ when.date().timetuple().tm_wday }} {{ when.ctime() }} {{ when.utctimetuple().tm_isdst }}$$ as c,
  $${{ at.isoformat(timespec='seconds') }} {{ '%s' % at }} {{ at | string | length }} {{ {at: 1}[dt.time(6, 30)] }} {{ modules.pytz.timezone('Europe/Berlin').localize(when).timetuple().tm_isdst }}$$ as d
