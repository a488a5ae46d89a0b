with days as (

    {{ days_from(var('calendar_start'), var('calendar_end')) }}

),

parts as (

    select
        full_date,
        year(full_date) as calendar_year,
        quarter(full_date) as quarter_of_year,
        month(full_date) as month_of_year,
        -- The Australian fiscal year runs from July and bears the number of the year in which it ends.
        year(full_date + interval 6 month) as fiscal_year,
        quarter(full_date + interval 6 month) as fiscal_quarter,
        month(full_date + interval 6 month) as fiscal_month,
        cast(date_trunc('quarter', full_date) as date) as quarter_start
    from days

)

select
    {{ date_key('parts.full_date') }} as date_key,
    parts.full_date,
    cast(parts.calendar_year as integer) as calendar_year,
    cast(parts.quarter_of_year as integer) as quarter_of_year,
    parts.calendar_year || '-Q' || parts.quarter_of_year as quarter_label,
    parts.quarter_start as quarter_start_date,
    cast(parts.quarter_start + interval 3 month - interval 1 day as date) as quarter_end_date,
    cast(parts.month_of_year as integer) as month_of_year,
    {{ day_as_text('parts.full_date', '%B') }} as month_name,
    {{ day_as_text('parts.full_date', '%Y-%m') }} as month_label,
    cast(date_trunc('month', parts.full_date) as date) as month_start_date,
    last_day(parts.full_date) as month_end_date,
    cast({{ iso_year('parts.full_date') }} as integer) as iso_year,
    cast({{ iso_week('parts.full_date') }} as integer) as iso_week,
    {{ day_as_text('parts.full_date', '%G-W%V') }} as iso_week_label,
    cast(day(parts.full_date) as integer) as day_of_month,
    cast(dayofyear(parts.full_date) as integer) as day_of_year,
    cast({{ iso_weekday('parts.full_date') }} as integer) as day_of_week,
    {{ day_as_text('parts.full_date', '%A') }} as day_name,
    {{ flag(iso_weekday('parts.full_date') ~ ' in (6, 7)') }} as is_weekend,
    cast(parts.fiscal_year as integer) as fiscal_year,
    'FY' || parts.fiscal_year as fiscal_year_label,
    cast(parts.fiscal_quarter as integer) as fiscal_quarter,
    'FY' || parts.fiscal_year || '-Q' || parts.fiscal_quarter as fiscal_quarter_label,
    cast(parts.fiscal_month as integer) as fiscal_month,
    {{ flag('australia.holiday_date is not null') }} as is_holiday_au,
    australia.holiday_name as holiday_name_au,
    {{ flag('united_states.holiday_date is not null') }} as is_holiday_us,
    united_states.holiday_name as holiday_name_us,
    {{ flag('united_kingdom.holiday_date is not null') }} as is_holiday_uk,
    united_kingdom.holiday_name as holiday_name_uk
from parts
left join {{ ref('holidays') }} as australia
    on parts.full_date = australia.holiday_date and australia.country_code = 'AU'
left join {{ ref('holidays') }} as united_states
    on parts.full_date = united_states.holiday_date and united_states.country_code = 'US'
left join {{ ref('holidays') }} as united_kingdom
    on parts.full_date = united_kingdom.holiday_date and united_kingdom.country_code = 'GB'

{% call union_all_by_name([
    'date_key', 'full_date', 'calendar_year', 'quarter_of_year', 'quarter_label', 'quarter_start_date',
    'quarter_end_date', 'month_of_year', 'month_name', 'month_label', 'month_start_date', 'month_end_date',
    'iso_year', 'iso_week', 'iso_week_label', 'day_of_month', 'day_of_year', 'day_of_week', 'day_name',
    'is_weekend', 'fiscal_year', 'fiscal_year_label', 'fiscal_quarter', 'fiscal_quarter_label', 'fiscal_month',
    'is_holiday_au', 'holiday_name_au', 'is_holiday_us', 'holiday_name_us', 'is_holiday_uk', 'holiday_name_uk'
]) -%}
select
    cast({{ unknown_key() }} as integer) as date_key,
    -- A date table for BI may not lack its date.
    date '1900-01-01' as full_date,
    'Unknown' as quarter_label,
    'Unknown' as month_name,
    'Unknown' as month_label,
    'Unknown' as iso_week_label,
    'Unknown' as day_name,
    'Unknown' as fiscal_year_label,
    'Unknown' as fiscal_quarter_label,
    cast(0 as integer) as is_weekend,
    cast(0 as integer) as is_holiday_au,
    cast(0 as integer) as is_holiday_us,
    cast(0 as integer) as is_holiday_uk
{%- endcall %}
