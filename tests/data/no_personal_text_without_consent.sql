-- By value, over every text column of every table in gold: what people without consent have told, in whichever delivery, and
-- nobody with consent has told too (two people may live at one address).
{%- set relations = gold_relations() %}

with told as (

    select
        customers.gdpr_consent,
        unnest([
            lower(delivered.email),
            lower(delivered.phone),
            lower(delivered.address_line1),
            lower(concat_ws(' ', delivered.first_name, delivered.last_name))
        ]) as personal_text
    from {{ ref('stg_customers') }} as delivered
    inner join {{ ref('customers') }} as customers on delivered.customer_id = customers.customer_id

),

withheld as (

    select personal_text
    from told
    where personal_text <> ''
    group by personal_text
    having not bool_or(gdpr_consent)

),

texts as (

    {%- for relation, is_view in relations if not is_view and execute %}
    {%- for column in adapter.get_columns_in_relation(relation) if column.data_type | upper == 'VARCHAR' or column.is_string() %}
    select distinct
        '{{ relation.identifier }}.{{ column.name }}' as found_in,
        lower({{ column.name }}) as found_text
    from {{ relation }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        'nowhere' as found_in,
        'nothing' as found_text

)

select
    texts.found_in,
    count(*) as values_found
from texts
inner join withheld on texts.found_text = withheld.personal_text
group by texts.found_in
union all
-- An address may also stand inside a longer text.
select
    texts.found_in,
    count(*) as values_found
from texts
anti join told on texts.found_text = told.personal_text and told.gdpr_consent
where contains(texts.found_text, '@') and texts.found_in <> 'fct_ingestion_audit.error'
group by texts.found_in
