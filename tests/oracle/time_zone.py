"""What DuckDB with icu answers, written down for crates/engine/tests/it/time_zone.rs to compare with.

    python tests/oracle/time_zone.py > crates/engine/tests/it/time_zone/cases.txt

Needs `pip install duckdb` (2.0.0: its wheel has icu built in). The cases are the same on every run.

The file: `# zone NAME` sets the session's zone, then one case a line: SQL expression, TAB, the answer
as text (`NULL`, or `!` for an error).
"""

import random
import sys

import duckdb

ZONES = [
    "UTC", "Australia/Sydney", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Apia", "America/St_Johns", "Africa/Cairo", "America/Sao_Paulo", "Asia/Beirut", "Asia/Kathmandu",
    "Etc/GMT-10", "Pacific/Kiritimati", "Europe/Dublin",
]
# Around changes of offset, the turn of days, months, years, eras, and the ends of time.
INSTANTS = [
    "1970-01-01 00:00:00+00", "1969-12-31 23:59:59.999999+00", "2000-01-01 00:00:00+00", "2024-02-29 12:00:00+00",
    "2023-03-12 06:59:59.999999+00", "2023-03-12 07:00:00+00", "2023-03-12 07:30:00+00", "2023-11-05 05:30:00+00",
    "2023-11-05 06:30:00+00", "2023-11-05 07:30:00+00", "2023-03-26 01:00:00+00", "2023-10-29 00:30:00+00",
    "2023-10-29 01:30:00+00", "2023-09-30 15:59:59+00", "2023-09-30 16:00:00+00", "2023-04-01 15:30:00+00",
    "2023-04-01 16:30:00.123456+00", "2023-04-01 15:00:00+00", "2011-12-29 10:00:00+00", "2011-12-30 10:00:00+00",
    "2011-12-31 09:59:59.5+00", "1900-01-01 12:34:56.789+00", "1850-06-15 03:04:05+00", "1883-11-18 17:00:00+00",
    "0001-01-01 00:00:00+00", "0044-03-15 (BC) 12:00:00+00", "0001-12-31 (BC) 20:00:00+00",
    "2038-01-19 03:14:07+00", "2100-07-01 00:00:00+00", "2499-12-31 23:30:00+00", "2501-07-04 12:00:00+00",
    "9999-12-31 23:59:59.999999+00", "20000-06-15 00:00:00+00", "2020-12-31 23:59:59+00", "2021-01-03 23:59:59+00",
    "2018-11-04 02:30:00+00", "2018-11-04 03:00:00+00", "2023-08-31 13:37:00.001+00", "2024-12-30 00:00:00+00",
    "infinity", "-infinity",
]
PARTS = [
    "era", "millennium", "century", "decade", "year", "isoyear", "quarter", "month", "week", "yearweek", "day", "dow",
    "isodow", "doy", "julian", "hour", "minute", "second", "epoch", "milliseconds", "microseconds", "timezone",
    "timezone_hour", "timezone_minute", "YEARS", "nonsense",
]
STEPS = [
    "1 month", "-1 month", "13 months", "1 day", "-1 day", "40 days", "1 hour", "-25 hours", "90 minutes",
    "1 month 1 day 1 hour", "-1 month -1 day -1 second", "1 microsecond", "-1500 microseconds", "1 year 0.001 seconds",
    "0 seconds", "1 month -1 day", "100 years", "300000 years",
]
TEXTS = [
    "2023-01-31", "2023-1-5 1:2", "2023/01/05 10:20:30.5", "2023-03-12 02:30:00", "2023-11-05 01:30:00",
    "2023-01-31T10:20:30Z", "2023-01-31 10:20:30+10", "2023-01-31 10:20:30+05:30", "2023-01-31 10:20:30-0330",
    "2023-01-31 10:20:30+10:30:15", "2023-01-31 10:20:30 Europe/London", "2023-07-31 10:20:30 america/new_york",
    "2023-01-31 10:20:30 UTC", "2023-01-31 10:20:30 UTC+3", "2023-01-31 10:20:30 Nowhere/Land", "2023-02-30", "abc",
    "infinity", "-infinity", "inf", "epoch", "0044-03-15 (BC) 12:00:00", "-0001-01-01 00:00:00", " 2023-01-31 ",
    "2023-01-31 24:00:00", "2023-01-31 25:00:00", "2023-01-31 10:20:30.1234567+00", "2023-01-31 10:20:30 +10",
    "2023-01-31 10", "2023-01-31 10:", "2023-01-31 10:61", "300000-01-01", "2023-01-31 10:20:30+", "",
    "2023-01-31 10:20:30 PST", "2023-01-31 10:20:30 EST", "2023-01-31 10:20:30 GMT+5", "2023-01-31  10:20",
]
LOCALS = [
    "2023-03-12 02:30:00", "2023-11-05 01:30:00", "2023-03-26 01:15:00", "2023-10-29 01:15:00", "2023-10-01 02:15:00",
    "2023-04-02 01:45:00", "2023-04-02 02:30:00.000001", "2011-12-30 12:00:00", "1969-12-31 23:59:59.999999",
    "0044-03-15 (BC) 00:00:00", "2600-07-01 00:00:00", "infinity", "-infinity", "2018-11-04 00:00:00",
    "290309-12-21 (BC) 12:00:00", "294247-01-10 04:00:54.775806",
]
FORMATS = [
    "%Y-%m-%d %H:%M:%S.%f %z %Z", "%a %A %w %u %d %-d %b %B %h %m %-m %y %-y %G %V", "%H %-H %I %-I %p %M %-M %S %-S %g %n",
    "%j %-j %U %W %c|%x|%X|%T %%", "%Q", "plain", "%",
]
DATES = ["2023-03-12", "1969-12-31", "0044-03-15 (BC)", "infinity", "2018-11-04", "2011-12-30", "9999-12-31"]


def expressions(rng):
    ts = [f"TIMESTAMPTZ '{t}'" for t in INSTANTS]
    for t in ts:
        yield f"{t}"
        yield f"{t}::TIMESTAMP"
        yield f"{t}::DATE"
        yield f"{t}::TIMETZ"
        yield f"last_day({t})"
        yield f"dayname({t}) || ' ' || monthname({t})"
        yield f"{t} AT TIME ZONE '{rng.choice(ZONES)}'"
        yield f"[year({t}), month({t}), day({t}), hour({t}), minute({t}), second({t}), millisecond({t}), microsecond({t})]"
        yield f"[era({t}), decade({t}), century({t}), millennium({t}), quarter({t}), week({t}), isoyear({t}), yearweek({t})]"
        yield f"[dayofweek({t}), weekday({t}), isodow({t}), dayofyear({t}), weekofyear({t}), dayofmonth({t}), timezone({t}), timezone_hour({t}), timezone_minute({t})]"
        yield f"[epoch({t}), julian({t})]"
        for part in rng.sample(PARTS, 8):
            yield f"date_trunc('{part}', {t})"
            yield f"date_part('{part}', {t})"
        for step in rng.sample(STEPS, 5):
            yield f"{t} + INTERVAL '{step}'"
            yield f"{t} - INTERVAL '{step}'"
        for other in rng.sample(ts, 3):
            yield f"{t} - {other}"
            yield f"age({t}, {other})"
            for part in rng.sample(PARTS, 4):
                yield f"date_diff('{part}', {t}, {other})"
                yield f"date_sub('{part}', {t}, {other})"
        yield f"strftime({t}, '{rng.choice(FORMATS)}')"
        yield f"strftime('{rng.choice(FORMATS)}', {t})"
        for width in rng.sample(["2 months", "1 year", "3 days", "1 week", "5 hours", "7 minutes", "1 month 1 day", "-1 day"], 3):
            yield f"time_bucket(INTERVAL '{width}', {t})"
            yield f"time_bucket(INTERVAL '{width}', {t}, INTERVAL '{rng.choice(['1 day', '-3 hours', '10 days'])}')"
            yield f"time_bucket(INTERVAL '{width}', {t}, TIMESTAMPTZ '2022-02-03 04:05:06+00')"
            yield f"time_bucket(INTERVAL '{width}', {t}, '{rng.choice(ZONES)}')"
        yield f"TRY_CAST({t} AS TIMESTAMP_NS)"
        yield f"{t}::TIMESTAMP_MS"
        yield f"{t}::TIMESTAMP_S"
    for text in TEXTS:
        yield f"'{text}'::TIMESTAMPTZ"
        yield f"TRY_CAST('{text}' AS TIMESTAMPTZ)"
    for local in LOCALS:
        yield f"TIMESTAMP '{local}'::TIMESTAMPTZ"
        yield f"TIMESTAMP '{local}' AT TIME ZONE '{rng.choice(ZONES)}'"
        yield f"timezone('{rng.choice(ZONES)}', TIMESTAMP '{local}')"
    for date in DATES:
        yield f"DATE '{date}'::TIMESTAMPTZ"
        yield f"TIMESTAMPTZ '2023-03-12 05:00:00+00' < DATE '{date}'"
    for zone in ["utc", "UTC+10", "UTC-0930", "GMT+5:30", "GMT-11", "gmt+3", "Nowhere/Land", "", "EST", "PST8PDT", "Z", "Zulu",
                 "Europe/Kyiv", "Asia/Calcutta", "US/Pacific", "CST", "IST", "NST"]:
        yield f"TIMESTAMP '2023-07-01 12:00:00' AT TIME ZONE '{zone}'"
        yield f"TIMESTAMPTZ '2023-01-01 12:00:00+00' AT TIME ZONE '{zone}'"
    for parts in ["2023, 3, 12, 2, 30, 10.5", "-44, 3, 15, 0, 0, 0", "2023, 13, 32, 25, 61, 61.25", "2023, 0, 0, 0, 0, -0.5",
                  "0, 1, 1, 0, 0, 0", "300000, 1, 1, 0, 0, 0", "2023, 11, 5, 1, 30, 59.9999996"]:
        yield f"make_timestamptz({parts})"
        yield f"make_timestamptz({parts}, '{rng.choice(ZONES)}')"
    yield "make_timestamptz(1700000000123456)"
    yield "generate_series(TIMESTAMPTZ '2023-03-11 12:00:00+00', TIMESTAMPTZ '2023-03-14 12:00:00+00', INTERVAL '1 day')"
    yield "range(TIMESTAMPTZ '2023-03-11 12:00:00+00', TIMESTAMPTZ '2023-03-14 12:00:00+00', INTERVAL '1 day')"
    yield "range(TIMESTAMPTZ '2023-03-14 12:00:00+00', TIMESTAMPTZ '2023-03-11 12:00:00+00', INTERVAL '-7 hours')"
    yield "range(TIMESTAMPTZ '2023-03-14 12:00:00+00', TIMESTAMPTZ 'infinity', INTERVAL '1 day')"
    for null in ["NULL::TIMESTAMPTZ AT TIME ZONE 'UTC'", "TIMESTAMPTZ '2023-01-01 00:00:00+00' AT TIME ZONE NULL",
                 "date_trunc('day', NULL::TIMESTAMPTZ)", "date_part(NULL, TIMESTAMPTZ '2023-01-01 00:00:00+00')",
                 "NULL::TIMESTAMPTZ + INTERVAL '1 day'", "age(NULL::TIMESTAMPTZ, NULL::TIMESTAMPTZ)", "NULL::TIMESTAMPTZ::DATE",
                 "date_diff('day', NULL::TIMESTAMPTZ, TIMESTAMPTZ '2023-01-01 00:00:00+00')", "NULL::VARCHAR::TIMESTAMPTZ",
                 "to_timestamp(1700000000.5)", "epoch_ms(TIMESTAMPTZ '2023-01-01 00:00:00.123+00')",
                 "typeof(current_date)", "typeof(current_localtimestamp())", "typeof(today())", "typeof(current_time)",
                 "current_date = today()", "current_date = now()::DATE", "current_localtimestamp()::DATE = now()::DATE",
                 "typeof(TIMESTAMPTZ '2023-01-01 00:00:00+00' - TIMESTAMPTZ '2023-01-01 00:00:00+00')",
                 "extract('hour' FROM TIMESTAMPTZ '2023-07-01 00:00:00+00')", "strptime('2023-01-31 10:20 +05', '%Y-%m-%d %H:%M %z')",
                 "age(TIMESTAMPTZ '2023-07-01 00:00:00+00') IS NOT NULL"]:
        yield null
    # Many values in one column, with zones and parts that differ from row to row, and NULLs.
    rows = "(SELECT TIMESTAMPTZ '1950-01-01 00:00:00+00' + i * INTERVAL '3333 hours 333 seconds' AS t, i FROM range(3000) r(i))"
    rows = rows.replace("+ i *", "+ (i *").replace("seconds' AS", "seconds') AS")
    some = "CASE WHEN i % 7 <> 0 THEN t END"
    zone = "['UTC', 'Australia/Sydney', 'Europe/London', 'America/New_York'][1 + i % 4]"
    part = "['day', 'month', 'hour', 'week', 'year', 'quarter'][1 + i % 6]"
    for e in [f"{some} AT TIME ZONE 'Europe/London'", f"{some} AT TIME ZONE 'UTC'", f"{some} AT TIME ZONE {zone}",
              f"({some} AT TIME ZONE 'UTC') AT TIME ZONE {zone}", f"date_trunc({part}, {some})", f"date_part({part}, {some})",
              f"date_diff({part}, t, {some} + INTERVAL '100 days 5 hours')", f"{some}::DATE", f"{some}::VARCHAR",
              f"{some}::VARCHAR::TIMESTAMPTZ", f"{some}::TIMESTAMP", f"{some}::TIMESTAMP::TIMESTAMPTZ", f"dayname({some})",
              f"strftime({some}, '%c %z')", f"{some} + to_days(i::INT % 50)", f"t - ({some} - INTERVAL '1000 hours')",
              f"time_bucket(INTERVAL '1 week', {some}, {zone})", f"age(TIMESTAMPTZ '2000-06-15 12:00:00+00', {some})",
              f"date_sub({part}, TIMESTAMPTZ '2000-06-15 12:00:00+00', {some})", f"(t::DATE)::TIMESTAMPTZ"]:
        yield f"(SELECT md5(string_agg(coalesce(({e})::VARCHAR, 'NULL'), ',' ORDER BY i)) FROM {rows})"


def main():
    rng = random.Random(20230101)
    connection = duckdb.connect()
    out = [f"# Made by tests/oracle/time_zone.py with DuckDB {duckdb.__version__}; not for editing."]
    for zone in ZONES:
        connection.execute(f"SET TimeZone = '{zone}'")
        out.append(f"# zone {zone}")
        every = list(expressions(rng))
        # Whole columns and the rarer kinds always; of the many single values, a sample a zone.
        chosen = [e for e in every if e.startswith("(SELECT") or rng.random() < 0.1]
        for expression in chosen:
            try:
                (value,) = connection.execute(f"SELECT ({expression})::VARCHAR").fetchone()
                answer = "NULL" if value is None else value
            except duckdb.Error:
                answer = "!"
            out.append(f"{expression}\t{answer}")
    sys.stdout.write("\n".join(out) + "\n")


main()
