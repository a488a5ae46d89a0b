//! `ingot domain add`: a team gets its folder, its group, its contracts and its roles.

use super::{deliver, shop};

#[test]
fn a_domain_is_set_up_and_what_it_builds_is_checked_and_published() {
    let shop = shop();
    let ran = shop
        .ingot(&["domain", "add", "sales", "--owner", "Sales data team", "--feed", "orders", "--terraform"])
        .success();
    for words in [
        "changed dbt_project.yml",
        "wrote models/sales/_sales.yml",
        "changed schemas/orders.odcs.yaml",
        "terraform/sales/main.tf",
        "The platform's owner",
        "The domain's owner, Sales data team",
    ] {
        assert!(ran.stdout.contains(words), "{words}\n{}", ran.stdout);
    }
    let again = shop.ingot(&["domain", "add", "sales", "--feed", "orders", "--terraform"]).success();
    assert!(again.stdout.contains("has all of it already"), "{}", again.stdout);
    shop.ingot(&["domain", "add", "people"]).success();
    shop.ingot(&["domain", "add", "people", "--feed", "orders"]).fails_with(2, &["of the domain 'sales'"]);
    shop.ingot(&["contract", "check"]).success();

    shop.write("models/sales/orders_by_customer.sql", "select md5(customer) as buyer, customer, count(*) as orders from {{ ref('stg_orders') }} group by all");
    shop.write("models/sales/tests.yml", "version: 2\nmodels:\n  - name: orders_by_customer\n    columns: [{name: buyer, data_tests: [unique]}]\n");
    shop.write("models/people/who.sql", "select buyer from {{ ref('orders_by_customer') }}");
    shop.ingot(&["check"]).fails_with(
        1,
        &["'who' is of the group 'people'", "which is not public outside of the group 'sales'"],
    );
    shop.write("models/sales/tests.yml", "version: 2\nmodels:\n  - name: orders_by_customer\n    config: {access: public}\n    columns: [{name: buyer, data_tests: [unique]}]\n");
    shop.ingot(&["check"]).success();

    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
    assert!(shop.join("lake/sales/delta/orders_by_customer").is_dir());
    let ran = shop.ingot(&["publish", "--role", "sales_readers"]).success();
    // What is made of a personal column may hold its values.
    assert!(ran.stdout.contains("sales.orders_by_customer: without buyer, customer"), "{}", ran.stdout);
    shop.ingot(&["domain", "add", "sales", "--terraform"]).success();
    let hcl = std::fs::read_to_string(shop.join("terraform/sales/main.tf")).unwrap();
    assert!(hcl.contains("\"sales_sales_orders_by_customer_sales_readers\""), "{hcl}");

    let pages = shop.ingot(&["docs"]).success();
    assert!(!pages.stdout.is_empty());
    let owners = std::fs::read_to_string(shop.join("target/docs/owners.html")).unwrap();
    for words in ["Sales data team", "orders_by_customer", "sales_readers", "public"] {
        assert!(owners.contains(words), "{words}");
    }
    let contract = std::fs::read_to_string(shop.join("target/docs/contracts/orders.html")).unwrap();
    assert!(contract.contains("approved by Sales data team"), "{contract}");
}
