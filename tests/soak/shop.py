"""A small project for soak tests: three feeds, models that append, merge and replace, a snapshot, tests, and copies of all
of them in the lake. What a day delivers depends on its number alone.
"""

import argparse
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys

FIRST_DAY = datetime.date(2024, 1, 1)
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
servers:
  - {{server: raw, type: local, path: "{path}", format: {form}}}
schema:
  - name: {name}
    logicalType: object
    physicalType: table
    customProperties: [{{property: lakeKeepHours, value: {keep}}}]
    properties:
{columns}
"""
COLUMN = "      - {{name: {name}, logicalType: {logical}, physicalType: {physical}{more}}}"
MODELS = {
    "staging/stg_orders.sql": "{{ config(materialized='view') }} select * from {{ source('bronze', 'orders') }}",
    "staging/stg_events.sql": "{{ config(materialized='view') }} select * from {{ source('bronze', 'events') }}",
    "staging/stg_customers.sql": "{{ config(materialized='view') }} select * from {{ source('bronze', 'customers') }}",
    "staging/sources.yml": """sources:
  - name: bronze
    config:
      meta:
        external_location: "read_parquet('lake/bronze/parquet/{name}/**/*.parquet', union_by_name = true, hive_partitioning = false)"
    tables: [{name: orders}, {name: events}, {name: customers}]
""",
    "gold/fct_orders.sql": """{{ config(materialized='incremental') }}
select order_id, customer_id, amount, day, ingestion_ts at time zone 'UTC' as loaded_at from {{ ref('stg_orders') }}
{% if is_incremental() %} where ingestion_ts at time zone 'UTC' > (select max(loaded_at) from {{ this }}) {% endif %}""",
    "gold/customer_totals.sql": """{{ config(materialized='incremental', unique_key='customer_id', incremental_strategy='delete+insert') }}
select customer_id, count(*) as orders, sum(amount)::decimal(18, 2) as amount, max(loaded_at) as newest from {{ ref('fct_orders') }}
{% if is_incremental() %} where customer_id in (select customer_id from {{ ref('fct_orders') }} where loaded_at > (select max(newest) from {{ this }})) {% endif %}
group by 1""",
    "gold/daily_events.sql": "select day, kind, count(*) as events from {{ ref('stg_events') }} group by all",
    # Reads files of the lake by their path, which no source says.
    "gold/kinds.sql": """select kind, count(*) as events
from read_parquet('lake/bronze/parquet/events/**/*.parquet', union_by_name = true) group by all""",
    "gold/all.yml": """models:
  - name: fct_orders
    columns:
      - {name: order_id, data_tests: [unique, not_null]}
  - name: customer_totals
    columns:
      - {name: customer_id, data_tests: [unique]}
  - name: daily_events
    columns:
      - {name: kind, data_tests: [not_null]}
  - name: kinds
    columns:
      - {name: kind, data_tests: [unique]}
""",
}
SNAPSHOT = """{% snapshot customers_history %}
{{ config(unique_key='customer_id', strategy='check', check_cols=['city'], meta={'lake_folder': 'lake/gold', 'lake_keep_hours': KEEP}) }}
select * from {{ ref('stg_customers') }} qualify row_number() over (partition by customer_id order by ingestion_ts desc) = 1
{% endsnapshot %}
"""
PROJECT = """name: year
profile: year
models:
  year:
    gold:
      +materialized: table
      +schema: gold
      +meta: {lake_folder: lake/gold, lake_keep_hours: KEEP}
"""
PROFILE = "year:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 2}\n"


def arguments(doc, seed=False, **numbers):
    """The command line of a script: the binary, and options with these numbers as defaults. A seed is printed, so that what
    failed can be played again."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot", help="the binary")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    if seed:
        parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    options.ingot = str(pathlib.Path(options.ingot).resolve())
    if seed:
        print(f"seed {options.seed}", flush=True)
    return options


def write(folder, relative, text):
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def project(folder, keep):
    """The project, whose tables in the lake keep old versions for so many hours."""

    def contract(name, path, form, columns):
        lines = [COLUMN.format(name=column, logical=logical, physical=physical, more=more) for column, logical, physical, more in columns]
        write(folder, f"schemas/{name}.odcs.yaml", CONTRACT.format(name=name, path=path, form=form, columns="\n".join(lines), keep=keep))

    text, number = ("string", "str"), ("integer", "i64")
    contract("orders", "orders/day={day}/part-*.csv", "csv", [
        ("order_id", *number, ", required: true"), ("customer_id", *number, ""),
        ("amount", "number", "'dec(12,2)'", ""), ("day", "date", "date", ", partitioned: true, partitionKeyPosition: 1"),
    ])
    contract("events", "events/*.jsonl", "jsonl", [("kind", *text, ""), ("day", "date", "date", "")])
    contract("customers", "customers/*.csv", "csv", [("customer_id", *number, ", required: true"), ("city", *text, "")])
    for name, model in MODELS.items():
        write(folder, f"models/{name}", model)
    write(folder, "snapshots/customers_history.sql", SNAPSHOT.replace("KEEP", str(keep)))
    write(folder, "dbt_project.yml", PROJECT.replace("KEEP", str(keep)))
    write(folder, "profiles.yml", PROFILE)


def deliver(folder, number, day, rows):
    """The files of a day. Every tenth day one file comes late."""
    lines = ["order_id,customer_id,amount"]
    lines += [f"{number * 1_000_000 + row},{row % 50},{row}.{number % 100:02d}" for row in range(rows)]
    write(folder, f"data_raw/orders/day={day}/part-0.csv", "\n".join(lines) + "\n")
    if number % 10 == 0:
        late = day - datetime.timedelta(days=3)
        write(folder, f"data_raw/orders/day={late}/part-{number}.csv", f"order_id,customer_id,amount\n{number * 1_000_000 + 999_999},1,1.00\n")
    events = [json.dumps({"kind": f"k{row % 7}", "day": str(day)}) for row in range(rows)]
    write(folder, f"data_raw/events/{day}.jsonl", "\n".join(events) + "\n")
    customers = [f"{row},city {(row + number // 7) % 9}" for row in range(50)]
    write(folder, f"data_raw/customers/{day}.csv", "customer_id,city\n" + "\n".join(customers) + "\n")


def run(ingot, folder, *arguments):
    """Runs the binary; gives the seconds of its processors, which another process does not lengthen, and its peak memory in MB."""
    log = open(folder / "log.txt", "ab")
    child = subprocess.Popen([ingot, *arguments], cwd=folder, stdout=log, stderr=log)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    log.close()
    if child.returncode != 0:
        tail = (folder / "log.txt").read_text(errors="replace")[-3000:]
        sys.exit(f"ingot {' '.join(arguments)} ended with {child.returncode}\n{tail}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def content(folder):
    """A hash of what each table of the warehouse holds, whatever the order of its rows, without times of loads."""
    import duckdb

    warehouse = duckdb.connect(str(folder / "duckdb" / "warehouse.duckdb"), read_only=True)
    columns = {
        "main_gold.fct_orders": "order_id, customer_id, amount, day",
        "main_gold.customer_totals": "customer_id, orders, amount",
        "main_gold.daily_events": "day, kind, events",
        "main_gold.kinds": "kind, events",
        "main.manifest_processed_files": "src_path, row_count, reject_count, status",
    }
    found = {}
    for table, names in columns.items():
        found[table] = warehouse.execute(f"select count(*), sum(hash({names}))::varchar from {table}").fetchone()
    warehouse.close()
    return found
