select {{ ref('b' as id
