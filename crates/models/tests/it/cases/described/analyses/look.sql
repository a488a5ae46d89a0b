select {{ noted('1') }} from {{ ref('v') }}
