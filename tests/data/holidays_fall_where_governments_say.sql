-- Days that governments have published, a hard case each: moved, substituted, doubled, and the ends of Easter's range.
with published as (

    select * from (
        values
            ('AU', date '2022-01-03', 'New Year''s Day'),
            ('AU', date '2021-12-27', 'Christmas holiday'),
            ('AU', date '2021-12-28', 'Boxing Day holiday'),
            ('AU', date '2022-12-27', 'Christmas holiday'),
            ('AU', date '2026-12-28', 'Boxing Day holiday'),
            ('AU', date '2023-06-12', 'King''s Birthday'),
            ('AU', date '2024-03-29', 'Good Friday'),
            ('GB', date '2019-04-22', 'Easter Monday'),
            ('GB', date '2020-05-08', 'Early May bank holiday'),
            ('GB', date '2024-08-26', 'Summer bank holiday'),
            ('GB', date '2022-06-02', 'Spring bank holiday'),
            ('US', date '2021-12-31', 'New Year''s Day'),
            ('US', date '2023-11-23', 'Thanksgiving'),
            ('US', date '2021-07-05', 'Independence Day'),
            ('US', date '2024-05-27', 'Memorial Day'),
            ('US', date '2021-06-18', 'Juneteenth')
    ) as known (country_code, holiday_date, holiday_name)

)

select published.*
from published
left join {{ ref('holidays') }} as holidays
    on
        published.country_code = holidays.country_code
        and published.holiday_date = holidays.holiday_date
        and published.holiday_name = holidays.holiday_name
where
    holidays.holiday_name is null
    and published.holiday_date between date '{{ var('calendar_start') }}' and date '{{ var('calendar_end') }}'
