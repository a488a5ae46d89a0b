{% set year = 'calendar_year' %}
{% set christmas = 'make_date(calendar_year, 12, 25)' %}
{% set boxing_day = 'make_date(calendar_year, 12, 26)' %}

with years as (

    select cast(calendar_year as integer) as calendar_year
    from range(
        year(date '{{ var('calendar_start') }}'),
        -- New Year's Day of the year after may be kept on 31 December.
        year(date '{{ var('calendar_end') }}') + 2
    ) as span (calendar_year)

),

easter as (

    {{ easter_sundays('years') }}

),

australia as (

    select calendar_year, {% call unnested() %}
        {{ holiday(monday_if_weekend('make_date(calendar_year, 1, 1)'), "'New Year''s Day'") }},
        {{ holiday(monday_if_weekend('make_date(calendar_year, 1, 26)'), "'Australia Day'") }},
        {{ holiday("easter_sunday - 2", "'Good Friday'") }},
        {{ holiday("easter_sunday + 1", "'Easter Monday'") }},
        {{ holiday("make_date(calendar_year, 4, 25)", "'Anzac Day'") }},
        {{ holiday(nth_weekday(year, 6, 1, 2), "case when calendar_year >= 2023 then 'King''s Birthday' else 'Queen''s Birthday' end") }},
        {{ holiday(christmas, "'Christmas Day'") }},
        {{ holiday(boxing_day, "'Boxing Day'") }}
    {% endcall %} as holiday
    from easter

),

united_states as (

    select calendar_year, {% call unnested() %}
        {{ holiday(nearest_weekday('make_date(calendar_year, 1, 1)'), "'New Year''s Day'") }},
        {{ holiday(nth_weekday(year, 1, 1, 3), "'Martin Luther King Jr. Day'") }},
        {{ holiday(nth_weekday(year, 2, 1, 3), "'Presidents'' Day'") }},
        {{ holiday(last_weekday(year, 5, 1), "'Memorial Day'") }},
        {{ holiday("case when calendar_year >= 2021 then " ~ nearest_weekday('make_date(calendar_year, 6, 19)') ~ " end", "'Juneteenth'") }},
        {{ holiday(nearest_weekday('make_date(calendar_year, 7, 4)'), "'Independence Day'") }},
        {{ holiday(nth_weekday(year, 9, 1, 1), "'Labor Day'") }},
        {{ holiday(nth_weekday(year, 10, 1, 2), "'Columbus Day'") }},
        {{ holiday(nearest_weekday('make_date(calendar_year, 11, 11)'), "'Veterans Day'") }},
        {{ holiday(nth_weekday(year, 11, 4, 4), "'Thanksgiving'") }},
        {{ holiday(nearest_weekday(christmas), "'Christmas Day'") }}
    {% endcall %} as holiday
    from years

),

united_kingdom as (

    -- England and Wales. Two days in 2020 and 2022 were moved for an anniversary.
    select calendar_year, {% call unnested() %}
        {{ holiday(monday_if_weekend('make_date(calendar_year, 1, 1)'), "'New Year''s Day'") }},
        {{ holiday("easter_sunday - 2", "'Good Friday'") }},
        {{ holiday("easter_sunday + 1", "'Easter Monday'") }},
        {{ holiday("case when calendar_year = 2020 then date '2020-05-08' else " ~ nth_weekday(year, 5, 1, 1) ~ " end", "'Early May bank holiday'") }},
        {{ holiday("case when calendar_year = 2022 then date '2022-06-02' else " ~ last_weekday(year, 5, 1) ~ " end", "'Spring bank holiday'") }},
        {{ holiday(last_weekday(year, 8, 1), "'Summer bank holiday'") }},
        {{ holiday(christmas, "'Christmas Day'") }},
        {{ holiday(boxing_day, "'Boxing Day'") }}
    {% endcall %} as holiday
    from easter

),

-- Where Christmas or Boxing Day falls on a weekend there is a further day off: both days keep their
-- dates, and the first free weekdays after them stand in.
substitutes as (

    select calendar_year, {{ holiday("make_date(calendar_year, 12, 27)", "'Christmas holiday'") }} as holiday
    from years
    where {{ iso_weekday(christmas) }} in (6, 7)
    union all
    select calendar_year, {{ holiday("make_date(calendar_year, 12, 28)", "'Boxing Day holiday'") }} as holiday
    from years
    where {{ iso_weekday(boxing_day) }} in (6, 7)

),

once as (

    select * from (
        values
            ('AU', date '2022-09-22', 'National Day of Mourning'),
            ('GB', date '2022-06-03', 'Platinum Jubilee'),
            ('GB', date '2022-09-19', 'State Funeral of Queen Elizabeth II'),
            ('GB', date '2023-05-08', 'Coronation of King Charles III')
    ) as once_only (country_code, holiday_date, holiday_name)

),

every as (

    select 'AU' as country_code, holiday.holiday_date, holiday.holiday_name from australia
    union all
    select 'AU', holiday.holiday_date, holiday.holiday_name from substitutes
    union all
    select 'US', holiday.holiday_date, holiday.holiday_name from united_states
    union all
    select 'GB', holiday.holiday_date, holiday.holiday_name from united_kingdom
    union all
    select 'GB', holiday.holiday_date, holiday.holiday_name from substitutes
    union all
    select country_code, holiday_date, holiday_name from once

)

-- Easter Monday and Anzac Day may be one day: a day and country is one row.
select
    country_code,
    holiday_date,
    {{ joined_text('holiday_name') }} as holiday_name
from every
where holiday_date is not null
group by country_code, holiday_date
