{{ exceptions.raise_compiler_error('this model needs a start date') }}
