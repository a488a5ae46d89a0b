{{ config(post_hook="insert into {{ this }} select 9, false") }}
select 1 as id
