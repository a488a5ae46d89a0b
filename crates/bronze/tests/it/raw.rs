//! A small raw folder with every format in it, and something wrong in most files.

use ingot_lake::arrow::array::{
    ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use ingot_lake::{Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, TableDefinition};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::path::Path;
use std::sync::Arc;

pub struct World;

impl World {
    /// Row, line, byte offset, codes, first column and its value of each rejected product.
    pub const PRODUCT_REJECTS: &str = "3|5|203|NOT_A_NUMBER;NOT_A_BOOLEAN;NOT_A_DATE|current_price|abc\n\
        4|6|243|TOO_PRECISE|current_price|12.34567\n\
        5|7|282|RAGGED_ROW|∅|∅\n\
        6|8|288|REQUIRED_MISSING|product_id|∅\n\
        7|9|313|UNTERMINATED_QUOTE|∅|∅";

    pub fn write(raw: &Path) {
        let csv = |name: &str, text: &str| {
            let path = raw.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        csv(
            "products.csv",
            "product_id,sku,name,category,subcategory,current_price,currency,is_discontinued,introduced_dt,discontinued_dt\n\
             1,SKU-1,Plain,c,,12.5,AUD,FALSE,2020-02-29,\n\
             2,SKU-2,\"Says \"\"hi\"\",\nin two lines\",\"\",,,,true,,\n\
             3,SKU-3,Bad,c,,abc,AUD,yes,2024-02-30,\r\n\
             4,SKU-4,Precise,c,,12.34567,AUD,true,,\n\
             5,SKU\n\
             ,SKU-6,No id,c,,1,AUD,,,\n\
             7,SKU-7,\"open,c,,1,AUD,,,\n\
             8,SKU-8,Last,c,,.0001,AUD,,,\n"
                .replace(",.0001,", ",0.0001,")
                .as_str(),
        );
        csv(
            "orders_header/order_dt=2023-01-01/part-00000.csv",
            "order_id,order_ts,order_dt_local,customer_id,store_id,channel,payment_method,coupon_code,shipping_fee,currency\n\
             1,2023-01-01T10:00:00+10:00,2023-01-01,1,1,web,card,,9.95,AUD\n\
             2,2023-01-01 10:00:00,2023-01-01,1,1,web,card,,9.95,AUD\n",
        );
        // Columns in another order, and one that the contract does not know.
        csv(
            "orders_header/order_dt=2023-01-02/part-00000.csv",
            "note,order_dt_local,order_ts,order_id,customer_id,store_id,channel,payment_method,coupon_code,shipping_fee,currency\n\
             x,2023-01-02,2023-01-02T00:00:00.5Z,3,,,,,,,\n\
             x,2023-01-02,2023-01-02T00:00:00Z,4,,,,,,,\n\
             x,02/01/2023,not a time,5,,,,,,,\n",
        );
        csv(
            "events/event_dt=2023-01-01/events_00000.jsonl",
            "{\"event_id\":1,\"event_ts\":\"t\",\"event_type\":\"view\",\"user_id\":1,\"session_id\":\"s\",\"payload\":{\"a\":[1,2.50]}}\n\
             {\"event_id\":2,\n\
             {\"event_id\":3,\"event_ts\":null,\"event_type\":\"view\",\"user_id\":1}\n\
             {\"session_id\":\"s\",\"event_id\":4,\"event_ts\":\"t\",\"event_type\":\"view\",\"user_id\":1}\n\
             7\n",
        );
        csv(
            "sensors/store_id=7/month=2023-01/sensors.csv",
            "sensor_ts,store_id,shelf_id,temperature_c,humidity_pct,battery_mv\n\
             2023-01-01T00:00:00Z,7,A1,4.25,50,3000\n\
             ,7,A1,4.25,50,3000\n\
             2023-01-01T00:00:00Z,8,A1,4.25,50,3000\n\
             2023-01-01T01:00:00Z,7,A1,5,50.50,3000\n",
        );
        Self::write_suppliers(raw, 3);
        write_rates(&raw.join("exchange_rates.xlsx"));
        write_shipments(raw);
        write_returns(&raw.join("returns"));
    }

    pub fn write_suppliers(raw: &Path, rows: usize) {
        let mut text =
            "\u{feff}supplier_id,supplier_code,name,country_code,lead_time_days,preferred\r\n".to_owned();
        for row in 1..=rows {
            text.push_str(&format!("{row},SUP-{row},Name {row},AU,{row},true\r\n"));
        }
        std::fs::write(raw.join("suppliers.csv"), text).unwrap();
    }

    /// Makes one more version of `returns` without this row.
    pub fn delete_return(raw: &Path, id: i64) {
        let root = raw.join("returns");
        let mut table = DeltaTable::open(&root).unwrap();
        let rows: Vec<Return> = RETURNS_NOW.iter().copied().filter(|row| row.0 != id).collect();
        let changes = Changes {
            add: vec![returns_file(&root, "part-2.parquet", &rows, true)],
            remove: table.files().unwrap(),
            schema: None,
        };
        table.commit(changes, &CommitDetails { operation: "DELETE", ..CommitDetails::default() }).unwrap();
    }
}

fn write_rates(path: &Path) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let as_date = Format::new().set_num_format("yyyy-mm-dd");
    for (column, name) in ["date", "currency", "rate_to_aud"].iter().enumerate() {
        sheet.write_string(0, column as u16, *name).unwrap();
    }
    let day = |text: &str| ExcelDateTime::parse_from_str(text).unwrap();
    sheet.write_datetime_with_format(1, 0, day("2023-01-01"), &as_date).unwrap();
    sheet.write_string(1, 1, "USD").unwrap();
    sheet.write_number(1, 2, 1.4678).unwrap();
    sheet.write_string(2, 0, "2023-01-01").unwrap();
    sheet.write_string(2, 1, "EUR").unwrap();
    sheet.write_string(2, 2, "1.57").unwrap();
    // An empty row, then one without its currency, then a good one.
    sheet.write_datetime_with_format(4, 0, day("2023-01-02"), &as_date).unwrap();
    sheet.write_number(4, 2, 1.5).unwrap();
    sheet.write_datetime_with_format(5, 0, day("2023-01-02"), &as_date).unwrap();
    sheet.write_string(5, 1, "USD").unwrap();
    sheet.write_number(5, 2, 1.47).unwrap();
    workbook.save(path).unwrap();
}

fn utc(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn write_shipments(raw: &Path) {
    let schema = Arc::new(Schema::new(vec![
        Field::new("shipment_id", DataType::Int32, true),
        Field::new("order_id", DataType::Int64, true),
        Field::new("carrier", DataType::Utf8, true),
        Field::new("shipped_at", timestamp(), true),
        Field::new("delivered_at", timestamp(), true),
        Field::new("ship_cost", DataType::Decimal128(10, 2), true),
    ]));
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(Int32Array::from(vec![Some(1), None, Some(3), Some(4)])),
            Arc::new(Int64Array::from(vec![1, 2, 3, 4])),
            Arc::new(StringArray::from(vec![Some("Fast"), Some("Slow"), None, Some("Fast")])),
            utc(vec![Some(1_672_531_200_000_000); 4]),
            utc(vec![Some(1_672_617_600_000_000), None, None, None]),
            Arc::new(
                Decimal128Array::from(vec![1000, 2000, 3000, 4000]).with_precision_and_scale(10, 2).unwrap(),
            ),
        ],
    )
    .unwrap();
    let mut writer =
        DataFileWriter::create(&raw.join("shipments"), "part-00000.parquet", Vec::new(), schema, &[])
            .unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
}

/// Id, quantity and reason code.
type Return = (i64, i32, Option<&'static str>);

/// What the second version holds: 2 changed, 3 deleted, 4 new.
const RETURNS_NOW: [Return; 3] = [(1, 1, None), (2, 5, Some("DAMAGED")), (4, 4, Some("WRONG"))];

fn returns_schema(with_code: bool) -> Schema {
    let mut fields = vec![
        Field::new("return_id", DataType::Int64, false),
        Field::new("order_id", DataType::Int64, true),
        Field::new("product_id", DataType::Int64, true),
        Field::new("return_ts", timestamp(), true),
        Field::new("qty", DataType::Int32, true),
        Field::new("reason", DataType::Utf8, true),
    ];
    if with_code {
        fields.push(Field::new("return_reason_code", DataType::Utf8, true));
    }
    Schema::new(fields)
}

fn returns_file(root: &Path, name: &str, rows: &[Return], with_code: bool) -> NewFile {
    let schema = Arc::new(returns_schema(with_code));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let mut columns: Vec<ArrayRef> = vec![
        ids.clone(),
        ids.clone(),
        ids,
        utc(vec![Some(1_672_531_200_000_000); rows.len()]),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.1))),
        Arc::new(StringArray::from(vec!["why"; rows.len()])),
    ];
    if with_code {
        columns.push(Arc::new(StringArray::from_iter(rows.iter().map(|row| row.2))));
    }
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let mut writer = DataFileWriter::create(root, name, Vec::new(), schema, &[]).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap()
}

fn write_returns(root: &Path) {
    let details = CommitDetails { operation: "WRITE", ..CommitDetails::default() };
    let definition = TableDefinition {
        name: "returns".into(),
        schema: returns_schema(false),
        partition_columns: Vec::new(),
        properties: Vec::new(),
        id: None,
    };
    let file = returns_file(root, "part-0.parquet", &[(1, 1, None), (2, 2, None), (3, 3, None)], false);
    let mut table = DeltaTable::create_with(root, &definition, vec![file], &details).unwrap();
    let changes = Changes {
        add: vec![returns_file(root, "part-1.parquet", &RETURNS_NOW, true)],
        remove: table.files().unwrap(),
        schema: Some(returns_schema(true)),
    };
    table.commit(changes, &details).unwrap();
}
