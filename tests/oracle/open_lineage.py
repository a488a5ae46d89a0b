"""Events of `ingot audit --format openlineage` against the published schemas and the client of OpenLineage.

    python tests/oracle/open_lineage.py INGOT [SPEC]

SPEC is the folder `spec` of the OpenLineage repository (github.com/OpenLineage/OpenLineage); without it only the client is
asked, which is `openlineage-python` from PyPI. Each event and each facet must be valid; made again by the client from its
parts, and written by its own serializer, each must be what ingot has written; and a copy of an event with a slip must not
be valid.
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

FACETS = {
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "columnLineage": facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "dataQualityAssertions": facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
}


def run(ingot, folder, *arguments):
    return subprocess.run([ingot, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def events_of_a_project(ingot):
    with tempfile.TemporaryDirectory() as folder:
        run(ingot, folder, "init", ".", "--example", "betting")
        run(ingot, folder, "generate", "--days", "5", "--quiet")
        run(ingot, folder, "load-bronze", "--quiet")
        run(ingot, folder, "run-models", "--quiet")
        return [json.loads(line) for line in run(ingot, folder, "audit", "--format", "openlineage").splitlines()]


def facet(name, members):
    members = {key: value for key, value in members.items() if not key.startswith("_")}
    if name == "schema":
        fields = [facet_v2.schema_dataset.SchemaDatasetFacetFields(**field) for field in members["fields"]]
        return FACETS[name](fields=fields, producer=PRODUCER)
    if name == "dataQualityAssertions":
        of = facet_v2.data_quality_assertions_dataset.Assertion
        return FACETS[name](assertions=[of(**one) for one in members["assertions"]], producer=PRODUCER)
    if name == "columnLineage":
        module = facet_v2.column_lineage_dataset

        def field(one):
            kinds = [module.Transformation(**kind) for kind in one["transformations"]]
            return module.InputField(one["namespace"], one["name"], one["field"], kinds)

        fields = {key: module.Fields([field(one) for one in value["inputFields"]]) for key, value in members["fields"].items()}
        return FACETS[name](fields=fields, dataset=[field(one) for one in members["dataset"]], producer=PRODUCER)
    return FACETS[name](**members, producer=PRODUCER)


def facets(members):
    return {name: facet(name, value) for name, value in (members or {}).items()}


PRODUCER = "https://github.com/ingot"


def by_the_client(event):
    """The event as objects of the client."""
    run = event_v2.Run(event["run"]["runId"], facets(event["run"]["facets"]))
    inputs = [event_v2.InputDataset(one["namespace"], one["name"], inputFacets=facets(one.get("inputFacets"))) for one in event["inputs"]]
    outputs = [
        event_v2.OutputDataset(
            one["namespace"], one["name"], facets=facets(one["facets"]), outputFacets=facets(one.get("outputFacets"))
        )
        for one in event["outputs"]
    ]
    return event_v2.RunEvent(
        eventTime=event["eventTime"],
        run=run,
        job=event_v2.Job(**event["job"]),
        eventType=event_v2.RunState[event["eventType"]],
        inputs=inputs,
        outputs=outputs,
        producer=PRODUCER,
    )


def plain(value):
    """Without what is empty, and without the part of a schema's address behind its file."""
    if isinstance(value, dict):
        kept = {key: plain(one) for key, one in value.items()}
        kept = {key: one for key, one in kept.items() if one not in (None, [], {})}
        if "_schemaURL" in kept:
            kept["_schemaURL"] = kept["_schemaURL"].split("#")[0]
        return kept
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def schema_errors(events, spec):
    """What the published schemas find: of each event, and of each facet by its own schema."""
    import jsonschema
    import referencing

    documents = [json.loads(file.read_text()) for file in [spec / "OpenLineage.json", *sorted((spec / "facets").glob("*.json"))]]
    registry = referencing.Registry().with_resources(
        [(one["$id"], referencing.Resource.from_contents(one)) for one in documents if "$id" in one]
    )
    known = {one["$id"] for one in documents if "$id" in one}

    def validator(address):
        return jsonschema.Draft202012Validator({"$ref": address}, registry=registry, format_checker=jsonschema.FormatChecker())

    def facets_in(value):
        if isinstance(value, dict):
            if "_schemaURL" in value:
                yield value
            for one in value.values():
                yield from facets_in(one)
        elif isinstance(value, list):
            for one in value:
                yield from facets_in(one)

    found, count = [], 0
    for event in events:
        found += [error.message for error in validator(event["schemaURL"]).iter_errors(event)]
        for one in facets_in(event):
            address = one["_schemaURL"]
            file = address.split("#")[0]
            if file not in known:
                found.append(f"{file} is not in the specification")
                continue
            name = file.rsplit("/", 1)[1].removesuffix(".json")
            found += [error.message for error in validator(f"{file}#/$defs/{name}").iter_errors(one)]
            count += 1
    return found, count


def main():
    ingot = str(pathlib.Path(sys.argv[1]).resolve())
    spec = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    events = events_of_a_project(ingot)
    seen = set()
    for event in events:
        again = json.loads(Serde.to_json(by_the_client(event)))
        if plain(again) != plain(event):
            sys.exit(f"the client writes\n{json.dumps(plain(again))}\nand ingot\n{json.dumps(plain(event))}")
        for part in [event["run"], *event["inputs"], *event["outputs"]]:
            for key in ("facets", "inputFacets", "outputFacets"):
                seen.update(part.get(key, {}))
    if seen != set(FACETS):
        sys.exit(f"facets that were not tried: {set(FACETS) ^ seen}")
    print(f"{len(events)} events are the same by openlineage-python, with {len(seen)} sorts of facets")
    if spec is None:
        print("LEFT OUT: OPENLINEAGE_SPEC names the folder spec of the OpenLineage repository")
        return
    found, count = schema_errors(events, spec)
    if found:
        sys.exit("\n".join(found[:20]))
    for slip in (lambda one: one["run"].update(runId="7"), lambda one: one.pop("job"), lambda one: one.update(eventType="DONE")):
        wrong = copy.deepcopy(events[0])
        slip(wrong)
        if not schema_errors([wrong], spec)[0]:
            sys.exit("an event with a slip is valid: the schemas were not used")
    print(f"{len(events)} events and {count} facets are valid by the published schemas")


main()
