select id, amount * {{ var('rate') }} * {{ tax() }} as price, upper(label) as label, '{{ env_var("UNIT_WORD", "none") }}' as word from {{ ref('stg') }}
