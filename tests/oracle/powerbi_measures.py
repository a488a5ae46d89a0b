"""Each measure of analytics/, run by an independent DAX engine (PyPI pbix-mcp) over gold, against plain SQL over the same
rows, in three filter contexts: everything, one month, one category in one region. The same SQL judges the numbers that
`ingot powerbi preview` draws, which it computes from the DAX by itself.

    python powerbi_measures.py WAREHOUSE ANALYTICS INGOT

Needs: pip install duckdb pbix-mcp
"""

import datetime
import decimal
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import duckdb
from pbix_mcp.dax.engine import evaluate_measures_batch

# Measures that are not compared, and why.
NOT_COMPARED = {"Freshness hours": "depends on the clock", "Last load": "is a moment"}
# Measures that the DAX engine does not run as DAX is defined, and why.
NOT_RUN = {}

SALES = """gold.fct_sales f join gold.dim_date d using (date_key) join gold.dim_product p on p.product_key = f.product_key
           join gold.dim_store s on s.store_key = f.store_key join gold.dim_customer c on c.customer_key = f.customer_key"""
RETURNS = """gold.fct_returns f join gold.dim_date d using (date_key) join gold.dim_product p on p.product_key = f.product_key
             join gold.dim_store s on s.store_key = f.store_key"""
SHIPMENTS = """gold.fct_shipments f join gold.dim_date d on d.date_key = f.shipped_date_key
               join gold.dim_store s on s.store_key = f.store_key"""
SENSORS = "gold.fct_sensor_readings f join gold.dim_date d using (date_key) join gold.dim_store s on s.store_key = f.store_key"
AUDIT = "gold.fct_ingestion_audit f join gold.dim_date d using (date_key)"


class Context:
    """What is chosen: conditions on the aliases d (date), p (product) and s (store)."""

    def __init__(self, **conditions):
        self.conditions = conditions

    def where(self, source, without=()):
        parts = [
            condition
            for alias, condition in self.conditions.items()
            if alias not in without and (f" {alias} " in source.replace("\n", " ") + " ")
        ]
        return " and ".join(parts) or "true"


def twins(value, context):
    """SQL's answer for each measure. `value` runs a query with one result."""

    def of(source, expression, extra="true", without=()):
        return value(f"select {expression} from {source} where {context.where(source, without)} and {extra}")

    def ratio(part, whole):
        part, whole = result[part], result[whole]
        return None if not whole or part is None else part / whole

    result = {}
    for name, column in [("Total sales", "net_amount_aud"), ("Gross sales", "gross_amount_aud"),
                         ("Discount given", "discount_amount_aud"), ("Total quantity", "quantity")]:
        result[name] = of(SALES, f"sum(f.{column})")
    result["Orders"] = of(SALES, "count(distinct order_id)", "is_excluded = 0")
    result["Active customers"] = of(SALES, "count(distinct f.customer_key)", "is_excluded = 0")
    days = f"select {{}}(full_date) from gold.dim_date d where {context.where('gold.dim_date d ')}"
    first, last = value(days.format("min")), value(days.format("max"))
    result["New customers"] = of(SALES, "count(distinct f.customer_key)",
                                 f"is_excluded = 0 and c.first_order_date between date '{first}' and date '{last}'")
    result["Returning customers"] = result["Active customers"] - result["New customers"]
    result["VIP sales"] = of(SALES, "sum(net_amount_aud)", "c.is_vip = 1")
    end = min(last, value("select max(order_date) from gold.fct_sales"))

    def sales_between(start, stop):
        return of(SALES, "sum(net_amount_aud)", f"d.full_date between date '{start}' and date '{stop}'", without=("d",))

    result["Sales year to date"] = sales_between(end.replace(month=1, day=1), end)
    result["Sales month to date"] = sales_between(end.replace(day=1), end)
    rolling = sales_between(end - datetime.timedelta(days=29), end)
    result["Sales rolling 30 days"] = None if rolling is None else rolling / 30
    # The last day of a month has the last day of that month a year before, so that 29 February is in February's.
    shown = f"from gold.dim_date d where {context.where('gold.dim_date d ')}"
    prior = of(SALES, "sum(net_amount_aud)",
               f"(d.full_date in (select full_date - interval 1 year {shown})"
               f" or d.full_date in (select last_day(full_date - interval 1 year) {shown} and full_date = last_day(full_date)))",
               without=("d",))
    result["Sales prior year"] = prior
    now = result["Total sales"]
    # Months after the last day with sales have no prior year.
    if first > value("select max(order_date) from gold.fct_sales"):
        prior = None
    result["Sales prior year"] = prior
    result["Sales year over year"] = None if prior is None else ((now or 0) - prior) / prior
    before = end.replace(year=end.year - 1, day=min(end.day, 28 if end.month == 2 else end.day))
    prior = sales_between(before.replace(month=1, day=1), before)
    so_far = result["Sales year to date"]
    result["Year to date over year"] = None if prior is None else ((so_far or 0) - prior) / prior
    days = lambda count: datetime.timedelta(days=count)
    last_sale = value("select max(order_date) from gold.fct_sales")
    ahead = (max(first, last_sale + days(1)), min(last, last_sale + days(90)))
    recent, year_before = sales_between(last_sale - days(89), last_sale), sales_between(last_sale - days(453), last_sale - days(364))
    season = sales_between(ahead[0] - days(364), ahead[1] - days(364))
    result["Sales forecast"] = None
    if ahead[1] >= ahead[0] and year_before is None:
        result["Sales forecast"] = None if recent is None else recent / 90 * ((ahead[1] - ahead[0]).days + 1)
    elif ahead[1] >= ahead[0]:
        result["Sales forecast"] = None if season is None or recent is None else season * recent / year_before
    result["Sales of known products"] = of(SALES, "sum(net_amount_aud)", "f.product_key <> -1")
    result["Sales to known customers"] = of(SALES, "sum(net_amount_aud)", "f.customer_key <> -1")
    result["Known active customers"] = of(SALES, "count(distinct f.customer_key)", "is_excluded = 0 and f.customer_key <> -1")
    result["Customers"] = value("select count(*) from gold.dim_customer where customer_key <> -1")
    result["Lapsed customers"] = value("select count(*) from gold.dim_customer where segment = 'Lapsed'")
    result["Units returned"] = of(RETURNS, "sum(f.quantity)")
    result["Refunds"] = of(RETURNS, "sum(refund_amount_aud)")
    result["Shipments"] = of(SHIPMENTS, "count(*)")
    result["Delivered shipments"] = of(SHIPMENTS, "count(*)", "is_in_transit = 0")
    result["Average delivery days"] = of(SHIPMENTS, "avg(delivery_days)")
    result["On-time shipments"] = of(SHIPMENTS, "sum(is_on_time)")
    result["Shipping cost"] = of(SHIPMENTS, "sum(ship_cost)")
    of_all_products = of(SALES, "sum(net_amount_aud)", without=("p",))
    shipping = result["Shipping cost"]
    has_share = None not in (shipping, now, of_all_products)
    result["Shipping cost shared out"] = shipping * now / of_all_products if has_share else None
    result["Margin"] = (now or 0) - (result["Refunds"] or 0) - (result["Shipping cost shared out"] or 0)
    result["Products on sale"] = of("gold.dim_product p ", "count(*)", "product_status = 'On sale'")
    result["Sensor readings"] = of(SENSORS, "sum(reading_count)")
    result["Sensor anomalies"] = of(SENSORS, "sum(temperature_anomaly_count) + sum(humidity_anomaly_count)")
    result["Supplier lead time"] = value("select avg(lead_time_days) from gold.dim_supplier")
    for name, column in [("Rows read", "rows_read"), ("Rows rejected", "rows_rejected"), ("Load seconds", "seconds")]:
        result[name] = of(AUDIT, f"sum({column})")
    result["Rejects"] = result["Rows rejected"] or None
    result["Files"] = of(AUDIT, "count(*)")
    result["Schema changes"] = of("gold.fct_schema_changes f join gold.dim_date d using (date_key)", "count(*)")
    result["Failed files"] = of(AUDIT, "count(*)", "f.status = 'failed'")
    result["Missing values"] = value(
        "select sum(rows_failed) from gold.data_quality_metrics where quality_dimension = 'completeness'")
    result["Completeness score"] = value(
        "select avg(pass_rate) from gold.data_quality_metrics where quality_dimension = 'completeness'")
    result["Check pass rate"] = value("select avg(pass_rate) from gold.data_quality_metrics")
    result["Rows failing checks"] = value("select sum(rows_failed) from gold.data_quality_metrics")
    result["Average quality score"] = value("select avg(quality_score) from gold.data_quality_scores")
    result["Price change value"] = 0
    result["Sales at changed price"] = now
    for name, part, whole in [
        ("Discount rate", "Discount given", "Gross sales"), ("Average order value", "Total sales", "Orders"),
        ("Units per order", "Total quantity", "Orders"), ("Price realisation", "Total sales", "Gross sales"),
        ("Customer value", "Sales to known customers", "Known active customers"), ("Margin rate", "Margin", "Total sales"), ("VIP share of sales", "VIP sales", "Total sales"),
        ("Churn rate", "Lapsed customers", "Customers"), ("Return rate", "Units returned", "Total quantity"),
        ("On-time rate", "On-time shipments", "Delivered shipments"),
        ("Inventory turnover", "Total quantity", "Products on sale"),
        ("Sensor anomaly rate", "Sensor anomalies", "Sensor readings"),
        ("Rejection rate", "Rows rejected", "Rows read"),
    ]:
        result[name] = ratio(part, whole)
    return result


def read_model(folder, database):
    """Tables with their rows, measures and relationships, as the DAX engine takes them."""
    tables, measures, relationships = {}, {}, []
    (definition,) = folder.glob("*.SemanticModel/definition")
    for file in sorted((definition / "tables").glob("*.tmdl")):
        name, columns = file.stem, []
        lines = file.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines):
            if line.startswith("\tmeasure "):
                left, _, expression = line.removeprefix("\tmeasure ").partition(" =")
                if not expression.strip():
                    rest = lines[number + 1:]
                    block = [one for one in rest[: next(i for i, one in enumerate(rest) if not one.startswith("\t\t\t"))]]
                    expression = "\n".join(one.strip() for one in block)
                measures[left.strip("'")] = expression.strip()
            elif line.startswith("\tcolumn "):
                columns.append(line.removeprefix("\tcolumn ").strip("'"))
        if any(line.startswith("\tpartition") and line.endswith("= calculated") for line in lines):
            rows = [[round(-0.2 + 0.01 * step, 2)] for step in range(41)]
        else:
            chosen = ", ".join(f'"{column}"' for column in columns)
            rows = [[plain(cell) for cell in row] for row in database.execute(f"select {chosen} from gold.{name}").fetchall()]
        tables[name] = {"columns": columns, "rows": rows}
    current = {}
    for line in (definition / "relationships.tmdl").read_text(encoding="utf-8").split("\n"):
        key, _, text = line.strip().partition(": ")
        if key.startswith("relationship "):
            current = {"IsActive": True}
            relationships.append(current)
        elif key == "isActive":
            current["IsActive"] = text != "false"
        elif key in ("fromColumn", "toColumn"):
            table, _, column = text.partition(".")
            end = "From" if key == "fromColumn" else "To"
            current[f"{end}Table"], current[f"{end}Column"] = table.strip("'"), column.strip("'")
    return tables, measures, relationships


def plain(cell):
    if isinstance(cell, decimal.Decimal):
        return float(cell)
    if isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime):
        return datetime.datetime(cell.year, cell.month, cell.day)
    return cell


def preview_of(ingot, folder, names, month, category, region):
    """What the preview draws for each measure in each context, from a report of its own: cards for everything, a table by
    month, and one by category and region."""
    with tempfile.TemporaryDirectory() as place:
        text = (folder / "measures.yaml").read_text(encoding="utf-8")
        text = text[: text.index("\npages:") + 1] + "pages:\n  - name: All\n    visuals:\n"
        at = "        at: [0, 0, 1, 1]\n        alt: none\n"
        for name in names:
            text += f"      - kind: card\n        title: {name}\n{at}        values: [{name}]\n"
        for title, columns in [("by month", "dim_date.month_label"), ("by both", "dim_product.category, dim_store.region")]:
            text += f"      - kind: table\n        title: {title}\n{at}        values: [{columns}, {', '.join(names)}]\n"
        # Every digit counts.
        text = re.sub(r"format: '[^']*'", "format: '0.000000000000'", text)
        pathlib.Path(place, "measures.yaml").write_text(text, encoding="utf-8")
        out = pathlib.Path(place, "out.html")
        subprocess.run([ingot, "powerbi", "preview", place, "--out", out, "--quiet"], check=True)
        html = out.read_text(encoding="utf-8")
    assert "not drawn" not in html, re.findall("not drawn[^<]*", html)
    number = lambda text: None if text == "" else float(text)
    figures = re.findall(r"<figcaption><span>([^<]*)</span>(.*?)</figure>", html, re.S)
    shown = {"everything": {}}
    for title, body in figures:
        found = re.search(r'class="callout" title="([^"]*)"', body)
        if title in names:
            shown["everything"][title] = number(found[1]) if found else None
        else:
            for row in re.findall(r"<tr>(<td.*?)</tr>", body, re.S):
                cells = re.findall(r"<td[^>]*>([^<]*)</td>", row)
                values = {name: number(cell) for name, cell in zip(names, cells[-len(names):])}
                key = " in ".join(cells[: -len(names)])
                shown[f"month {key}" if title == "by month" else key] = values
    return shown


def equal(one, other):
    """Blank and zero are told apart only where both sides can: SQL counts to 0 where DAX is blank."""
    one, other = (0.0 if cell is None else float(cell) for cell in (one, other))
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def main():
    warehouse, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    database = duckdb.connect(warehouse, read_only=True)
    value = lambda sql: database.execute(sql).fetchone()[0]
    tables, measures, relationships = read_model(folder, database)
    month, category, region = (
        value(f"select {column} from {SALES} where is_excluded = 0 and p.product_key <> -1 and s.store_key <> -1 "
              f"group by 1 order by count(*) desc, 1 limit 1")
        for column in ("month_label", "p.category", "s.region"))
    contexts = {
        "everything": (Context(), {}),
        f"month {month}": (Context(d=f"d.month_label = '{month}'"), {"dim_date.month_label": [month]}),
        f"{category} in {region}": (
            Context(p=f"p.category = '{category}'", s=f"s.region = '{region}'"),
            {"dim_product.category": [category], "dim_store.region": [region]}),
    }
    names = [name for name in measures if name not in NOT_COMPARED]
    failures = compared = drawn = 0
    shown = preview_of(sys.argv[3], folder, names, month, category, region)
    for label, (context, filters) in contexts.items():
        answers = evaluate_measures_batch(
            names, tables, measures, date_table="dim_date", date_column="full_date", filter_context=filters,
            relationships=relationships)
        expected = twins(value, context)
        for name in names:
            compared += 1
            if name not in expected:
                failures += 1
                print(f"{name}: there is no SQL for it")
            elif name not in NOT_RUN and not equal(answers.get(name), expected[name]):
                failures += 1
                print(f"{label}: {name} is {answers.get(name)} in DAX and {expected[name]} in SQL")
            if name in expected:
                drawn += 1
                if not equal(shown[label].get(name), expected[name]):
                    failures += 1
                    print(f"{label}: {name} is {shown[label].get(name)} in the preview and {expected[name]} in SQL")
    for name, reason in NOT_COMPARED.items():
        print(f"not compared: {name}, which {reason}")
    for name, reason in NOT_RUN.items():
        print(f"not run by the DAX engine: {name}, {reason}")
    print(f"{drawn} values of the preview compared")
    print(f"{compared} values of {len(names)} measures in {len(contexts)} contexts, {failures} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
