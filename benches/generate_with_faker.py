"""What `ingot generate` is compared with: customers and order lines as Python programs commonly make them, with Faker and pandas.

Usage: generate_with_faker.py CUSTOMERS LINES FOLDER. Vectorised where pandas and numpy can; Faker is asked once for each value, as it must be.
"""

import sys
from pathlib import Path

import numpy
import pandas
from faker import Faker

customers, lines, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
folder.mkdir(parents=True, exist_ok=True)
fake = Faker("en_AU")
Faker.seed(42)
random = numpy.random.default_rng(42)

pandas.DataFrame(
    {
        "customer_id": range(1, customers + 1),
        "natural_key": [fake.bothify("CUST-????????").upper() for _ in range(customers)],
        "first_name": [fake.first_name() for _ in range(customers)],
        "last_name": [fake.last_name() for _ in range(customers)],
        "email": [fake.email() for _ in range(customers)],
        "phone": [fake.phone_number() for _ in range(customers)],
        "address_line1": [fake.street_address() for _ in range(customers)],
        "city": [fake.city() for _ in range(customers)],
        "state_region": [fake.state() for _ in range(customers)],
        "postcode": [fake.postcode() for _ in range(customers)],
        "latitude": random.uniform(-38, -27, customers).round(6),
        "longitude": random.uniform(140, 153, customers).round(6),
        "birth_date": [fake.date_of_birth(minimum_age=18, maximum_age=90) for _ in range(customers)],
        "join_ts": [fake.date_time_between("-8y") for _ in range(customers)],
        "is_vip": random.random(customers) < 0.05,
        "gdpr_consent": random.random(customers) < 0.8,
    }
).to_csv(folder / "customers.csv", index=False)

pandas.DataFrame(
    {
        "order_id": numpy.sort(random.integers(1, max(lines // 3, 2), lines)),
        "line_number": random.integers(1, 6, lines),
        "product_id": random.integers(1, 25_001, lines),
        "qty": random.poisson(1, lines) + 1,
        "unit_price": random.lognormal(3, 1, lines).round(4),
        "line_discount_pct": random.choice([0.0, 0.05, 0.1, 0.2], lines),
        "tax_pct": 0.1,
    }
).to_csv(folder / "orders_lines.csv", index=False)
