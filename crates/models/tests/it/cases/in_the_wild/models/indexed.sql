{{ config(indexes=[{'columns': ['a']}, {'columns': ['a']}, {'columns': ['b', 'a'], 'unique': true}]) }}
select 1 as a, 2 as b
