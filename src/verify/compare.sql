-- What was planted against what was caught, row by row and file by file. The views `ledger`, `consequences`, `deliveries`,
-- `rejects`, `findings`, `loaded` and `files` stand for the files and tables that verify was told of; see mod.rs.

-- The deliveries that bronze has taken: a file with the same content again is the same delivery.
create temp table taken as
select
    deliveries.feed,
    deliveries.file,
    min(deliveries.delivery) as delivery,
    loaded.run_id,
    loaded.processed_at
from deliveries
inner join loaded
    on deliveries.file = loaded.src_path
    and deliveries.content_hash = loaded.content_hash
group by all;

-- A row may stand in several deliveries of its file; each is judged apart.
create temp table planted as
select
    ledger.feed,
    ledger.code,
    ledger.caught_at,
    ledger.file,
    ledger.row_number,
    ledger.row_key,
    ledger.column,
    ledger.written_value,
    taken.delivery
from ledger
inner join taken on ledger.file = taken.file and ledger.delivery = taken.delivery
where ledger.row_number > 0

union all

-- What is wrong with a whole file is the row 0 of it. It is judged once bronze has seen the file.
select
    ledger.feed,
    ledger.code,
    ledger.caught_at,
    ledger.file,
    ledger.row_number,
    ledger.row_key,
    ledger.column,
    ledger.written_value,
    max(ledger.delivery) as delivery
from ledger
inner join files on ledger.file = files.src_path
where ledger.row_number = 0 and ledger.caught_at = 'bronze'
group by all;

-- A reject may have several reasons: one row each.
create temp table rejected as
select distinct
    rejects.table_name as feed,
    rejects.file,
    rejects.row_number,
    taken.delivery,
    nullif(reason.column, '') as column_name,
    reason.code as reason
from (
    select
        table_name,
        file,
        row_number,
        run_id,
        unnest(from_json(reasons, '[{"code": "VARCHAR", "column": "VARCHAR"}]')) as reason
    from rejects
) as rejects
inner join taken on rejects.file = taken.file and rejects.run_id = taken.run_id;

-- Rows of people who were erased are kept out of bronze on purpose. They are not defects, and the defects that were planted in
-- them cannot be caught any more.
create temp table kept_out as
select distinct
    file,
    row_number,
    delivery
from rejected
where reason = 'ERASED';

delete from planted
where
    exists (
        select 1
        from kept_out
        where
            kept_out.file = planted.file
            and kept_out.row_number = planted.row_number
            and kept_out.delivery = planted.delivery
    );

delete from rejected
where
    exists (
        select 1
        from kept_out
        where
            kept_out.file = rejected.file
            and kept_out.row_number = rejected.row_number
            and kept_out.delivery = rejected.delivery
    );

create temp table found as
select
    findings.feed,
    findings.code,
    findings.src_filename as file,
    findings.src_row_number as row_number,
    findings.column_name,
    findings.row_key,
    findings.delivered_value,
    taken.delivery
from findings
inner join taken
    on findings.src_filename = taken.file
    and findings.ingestion_ts = taken.processed_at;

create temp table differences as

select
    'missed' as difference,
    planted.feed,
    planted.code,
    planted.file,
    planted.row_number,
    planted.row_key,
    planted.written_value as found_value
from planted
where
    case
        when planted.row_number = 0
            then not exists (
                select 1
                from files
                where files.src_path = planted.file and files.status = 'failed'
            )
        when planted.caught_at = 'bronze'
            then not exists (
                select 1
                from rejected
                where
                    rejected.file = planted.file
                    and rejected.row_number = planted.row_number
                    and rejected.delivery = planted.delivery
                    and coalesce(rejected.column_name = planted.column, true)
            )
        else not exists (
            select 1
            from found
            where
                found.file = planted.file
                and found.row_number = planted.row_number
                and found.delivery = planted.delivery
                and found.code = planted.code
        )
    end

union all

select
    'false alarm',
    feed,
    string_agg(reason, ', ' order by reason),
    file,
    row_number,
    null,
    string_agg(column_name, ', ' order by reason)
from rejected
where
    not exists (
        select 1
        from planted
        where
            planted.caught_at = 'bronze'
            and planted.file = rejected.file
            and planted.row_number = rejected.row_number
            and planted.delivery = rejected.delivery
    )
group by feed, file, row_number, delivery

union all

select
    'false alarm',
    files.table_name,
    split_part(files.error, ':', 1),
    files.src_path,
    0,
    null,
    files.error
from files
where
    files.status = 'failed'
    and files.src_path in (select file from deliveries)
    and not exists (
        select 1
        from planted
        where planted.file = files.src_path and planted.row_number = 0
    )

union all

-- A finding that is neither planted nor brought about by a row that bronze rejected.
select
    'false alarm',
    found.feed,
    found.code,
    found.file,
    found.row_number,
    found.row_key,
    found.delivered_value
from found
where
    not exists (
        select 1
        from planted
        where
            planted.file = found.file
            and planted.row_number = found.row_number
            and planted.delivery = found.delivery
            and planted.code = found.code
    )
    and not exists (
        select 1
        from consequences
        where
            consequences.file = found.file
            and consequences.row_number = found.row_number
            and consequences.delivery = found.delivery
            and consequences.column = found.column_name
    );
