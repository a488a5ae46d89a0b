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

    select calendar_year, unnest([
        {'holiday_date': {{ monday_if_weekend('make_date(calendar_year, 1, 1)') }}, 'holiday_name': 'New Year''s Day'},
        {'holiday_date': {{ monday_if_weekend('make_date(calendar_year, 1, 26)') }}, 'holiday_name': 'Australia Day'},
        {'holiday_date': easter_sunday - 2, 'holiday_name': 'Good Friday'},
        {'holiday_date': easter_sunday + 1, 'holiday_name': 'Easter Monday'},
        {'holiday_date': make_date(calendar_year, 4, 25), 'holiday_name': 'Anzac Day'},
        {'holiday_date': {{ nth_weekday(year, 6, 1, 2) }}, 'holiday_name': case when calendar_year >= 2023 then 'King''s Birthday' else 'Queen''s Birthday' end},
        {'holiday_date': {{ christmas }}, 'holiday_name': 'Christmas Day'},
        {'holiday_date': {{ boxing_day }}, 'holiday_name': 'Boxing Day'}
    ]) as holiday
    from easter

),

united_states as (

    select calendar_year, unnest([
        {'holiday_date': {{ nearest_weekday('make_date(calendar_year, 1, 1)') }}, 'holiday_name': 'New Year''s Day'},
        {'holiday_date': {{ nth_weekday(year, 1, 1, 3) }}, 'holiday_name': 'Martin Luther King Jr. Day'},
        {'holiday_date': {{ nth_weekday(year, 2, 1, 3) }}, 'holiday_name': 'Presidents'' Day'},
        {'holiday_date': {{ last_weekday(year, 5, 1) }}, 'holiday_name': 'Memorial Day'},
        {'holiday_date': case when calendar_year >= 2021 then {{ nearest_weekday('make_date(calendar_year, 6, 19)') }} end, 'holiday_name': 'Juneteenth'},
        {'holiday_date': {{ nearest_weekday('make_date(calendar_year, 7, 4)') }}, 'holiday_name': 'Independence Day'},
        {'holiday_date': {{ nth_weekday(year, 9, 1, 1) }}, 'holiday_name': 'Labor Day'},
        {'holiday_date': {{ nth_weekday(year, 10, 1, 2) }}, 'holiday_name': 'Columbus Day'},
        {'holiday_date': {{ nearest_weekday('make_date(calendar_year, 11, 11)') }}, 'holiday_name': 'Veterans Day'},
        {'holiday_date': {{ nth_weekday(year, 11, 4, 4) }}, 'holiday_name': 'Thanksgiving'},
        {'holiday_date': {{ nearest_weekday(christmas) }}, 'holiday_name': 'Christmas Day'}
    ]) as holiday
    from years

),

united_kingdom as (

    -- England and Wales. Two days in 2020 and 2022 were moved for an anniversary.
    select calendar_year, unnest([
        {'holiday_date': {{ monday_if_weekend('make_date(calendar_year, 1, 1)') }}, 'holiday_name': 'New Year''s Day'},
        {'holiday_date': easter_sunday - 2, 'holiday_name': 'Good Friday'},
        {'holiday_date': easter_sunday + 1, 'holiday_name': 'Easter Monday'},
        {'holiday_date': case when calendar_year = 2020 then date '2020-05-08' else {{ nth_weekday(year, 5, 1, 1) }} end, 'holiday_name': 'Early May bank holiday'},
        {'holiday_date': case when calendar_year = 2022 then date '2022-06-02' else {{ last_weekday(year, 5, 1) }} end, 'holiday_name': 'Spring bank holiday'},
        {'holiday_date': {{ last_weekday(year, 8, 1) }}, 'holiday_name': 'Summer bank holiday'},
        {'holiday_date': {{ christmas }}, 'holiday_name': 'Christmas Day'},
        {'holiday_date': {{ boxing_day }}, 'holiday_name': 'Boxing Day'}
    ]) as holiday
    from easter

),

-- Where Christmas or Boxing Day falls on a weekend there is a further day off: both days keep their
-- dates, and the first free weekdays after them stand in.
substitutes as (

    select calendar_year, {'holiday_date': make_date(calendar_year, 12, 27), 'holiday_name': 'Christmas holiday'} as holiday
    from years
    where isodow({{ christmas }}) in (6, 7)
    union all
    select calendar_year, {'holiday_date': make_date(calendar_year, 12, 28), 'holiday_name': 'Boxing Day holiday'} as holiday
    from years
    where isodow({{ boxing_day }}) in (6, 7)

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
    string_agg(holiday_name, ', ' order by holiday_name) as holiday_name
from every
where holiday_date is not null
group by country_code, holiday_date
