-- Each stake that bronze took is in gold once.
select (select sum(stake) from {{ ref('fct_bets') }}) as in_gold, (select sum(stake) from {{ ref('stg_bets') }}) as in_bronze
where in_gold is distinct from in_bronze
