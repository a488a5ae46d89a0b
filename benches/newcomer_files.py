"""The files of a shop as its systems export them: eight feeds in CSV of two dialects, JSON, Parquet and Excel.

usage: newcomer_files.py FOLDER [MEGABYTES]     (100 without it; needs pyarrow and xlsxwriter)

The same arguments give the same files. `totals.json` beside the folder has the sums that a star over them must give back.
"""

import datetime
import json
import pathlib
import random
import sys
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import xlsxwriter

FIRST_DAY = datetime.date(2025, 1, 1)
DAYS = 90
FIRST_NAMES = "Anna Björn Chloé David Emma Felix Greta Hugo Ines Jan Klara Luis Mia Noah Olga Paul".split()
LAST_NAMES = "Müller Smith Dubois Rossi Novak Jensen García Kowalski Nagy O'Brien".split()
STREETS = ["Main St, Apt 4", "Hauptstraße", "Rue de la Paix", "Via Roma", "High Street"]
CATEGORIES = ["books", "garden", "kitchen", "music", "toys"]
WAYS = ["card", "cash", "invoice", "voucher"]


def german(number):
    """1234.5 → 1.234,50."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def main(folder, megabytes):
    random.seed(20250101)
    folder.mkdir(parents=True)
    scale = megabytes / 100
    customers, products, orders = int(100_000 * scale), max(int(5_000 * scale), 50), int(500_000 * scale)
    totals = {}
    with open(folder / "customers.csv", "w", encoding="utf-8", newline="") as out:
        out.write("customer_id,first_name,last_name,email,post_code,street,born,member_since,newsletter\r\n")
        for number in range(1, customers + 1):
            first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
            born = FIRST_DAY - datetime.timedelta(days=random.randint(7000, 30000))
            since = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=random.randint(0, 150_000_000))
            street = random.choice(STREETS)
            street = f'"{street}"' if "," in street else street
            out.write(f"{number},{first},{last},{first.lower()}.{number}@example.org,{random.randint(0, 99999):05},"
                      f"{street},{born},{since},{random.choice(['true', 'false', ''])}\r\n")
    with open(folder / "products.csv", "w", encoding="cp1252", newline="") as out:
        out.write("product_id;Bezeichnung;category;price;weight_kg\r\n")
        for number in range(1, products + 1):
            price = random.randint(99, 250_000) / 100
            weight = f"{random.randint(1, 20000) / 1000:.3f}".replace(".", ",")
            out.write(f'P{number:05};"Artikel ""{number}"" für Küche";{random.choice(CATEGORIES)};{german(price)};{weight}\r\n')
    days = [FIRST_DAY + datetime.timedelta(days=day) for day in range(DAYS)]
    months = {}
    order_days, amounts = [], Decimal(0)
    for number in range(1, orders + 1):
        day = days[(number - 1) * DAYS // orders]
        order_days.append(day)
        month = f"{day:%Y-%m}"
        if month not in months:
            months[month] = open(folder / f"orders_{month}.csv", "w", encoding="utf-8", newline="")
            months[month].write("order_id;customer_id;store_id;ordered_on;status;amount\n")
        amount = Decimal(random.randint(100, 500_000)) / 100
        amounts += amount
        months[month].write(f"{number};{random.randint(1, customers)};{random.randint(1, 40)};{day:%d.%m.%Y};"
                            f"{random.choice(['open', 'paid', 'sent'])};{german(amount)}\n")
    for out in months.values():
        out.close()
    totals["orders.amount"] = str(amounts)
    lines, quantities, charged, current, out = 0, 0, Decimal(0), None, None
    for number in range(1, orders + 1):
        day = order_days[number - 1]
        if day != current:
            current = day
            if out:
                out.close()
            place = folder / "order_lines" / f"day={day}"
            place.mkdir(parents=True)
            out = open(place / "part-0.jsonl", "w", encoding="utf-8")
        lines += 1
        quantity = random.randint(1, 9)
        price = Decimal(random.randint(99, 25_000)) / 100
        quantities += quantity
        charged += price
        out.write(f'{{"line_id": {lines}, "order_id": {number}, "product_id": "P{random.randint(1, products):05}", '
                  f'"quantity": {quantity}, "unit_price": {price}, "gift": {random.choice(["true", "false"])}}}\n')
    out.close()
    totals["order_lines.quantity"] = str(quantities)
    totals["order_lines.unit_price"] = str(charged)
    paid = [Decimal(random.randint(100, 500_000)) / 100 for _ in range(orders)]
    totals["payments.paid"] = str(sum(paid))
    pyarrow.parquet.write_table(
        pyarrow.table({
            "payment_id": pyarrow.array(range(1, orders + 1), pyarrow.int64()),
            "order_id": pyarrow.array(range(1, orders + 1), pyarrow.int64()),
            "paid_at": pyarrow.array(
                [datetime.datetime(2025, 1, 1) + datetime.timedelta(seconds=15 * number) for number in range(orders)],
                pyarrow.timestamp("us", tz="UTC")),
            "way": [random.choice(WAYS) for _ in range(orders)],
            "paid": pyarrow.array(paid, pyarrow.decimal128(12, 2)),
        }),
        folder / "payments.parquet")
    stores = [{"store_id": number, "name": f"Store {number}", "city": random.choice(["Bern", "Graz", "Köln"]),
               "opened": str(FIRST_DAY - datetime.timedelta(days=100 * number)), "square_metres": random.randint(50, 900)}
              for number in range(1, 41)]
    (folder / "stores.json").write_text(json.dumps(stores, indent=2, ensure_ascii=False), encoding="utf-8")
    returned = 0
    with open(folder / "returns.tsv", "w", encoding="utf-8") as out:
        out.write("return_id\torder_id\treturned_at\treason\tpieces\n")
        for number in range(1, orders // 10 + 1):
            pieces = random.randint(1, 3)
            returned += pieces
            at = datetime.datetime(2025, 1, 5) + datetime.timedelta(minutes=number)
            reason = random.choice(["broken", "too late", "wrong size", "\\N"])
            out.write(f"R-{number:07}\t{random.randint(1, orders)}\t{at:%Y-%m-%d %H:%M}\t{reason}\t{pieces}\n")
    totals["returns.pieces"] = str(returned)
    book = xlsxwriter.Workbook(folder / "budget.xlsx")
    sheet = book.add_worksheet("Budget 2025")
    sheet.write("A1", "Budget by store and month")
    sheet.write("A2", "as of 2 January 2025")
    sheet.write_row(3, 0, ["budget_id", "store_id", "month", "budget"])
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    planned = 0
    for row, (store, month) in enumerate((store, month) for store in range(1, 41) for month in range(1, 13)):
        budget = random.randint(5_000, 90_000)
        planned += budget
        sheet.write_row(4 + row, 0, [row + 1, store])
        sheet.write_datetime(4 + row, 2, datetime.datetime(2025, month, 1), date)
        sheet.write_number(4 + row, 3, budget)
    totals["budget.budget"] = str(planned)
    sheet.write_row(4 + row + 2, 0, ["Total", None, None, planned])
    book.close()
    (folder.parent / "totals.json").write_text(json.dumps(totals, indent=2))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 100.0)
