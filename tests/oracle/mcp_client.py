"""`ingot mcp` as the official client of the Model Context Protocol (PyPI `mcp`) sees it.

    python tests/oracle/mcp_client.py PROJECT INGOT

PROJECT is the retail project after `ingot demo`. Every tool is called, and what must be refused is tried.
"""

import asyncio
import json
import os
import subprocess
import sys

from mcp import ClientSession, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

READING = {
    "list_tables", "describe_table", "list_metrics", "list_contracts", "describe_contract", "list_rejects", "lineage", "list_runs", "check",
    "compile", "query", "why", "status",
}
WRITING = {"load_bronze", "run_models", "replay"}


async def with_session(project, ingot, more, use, newest=False):
    server = StdioServerParameters(command=ingot, args=["--project-dir", project, "mcp", *more], env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        # The newest version has no beginning: each request names it.
        await (session.discover() if newest else session.initialize())
        assert session.server_info.name == "ingot" and session.instructions
        return await use(session)


async def call(session, tool, **arguments):
    result = await session.call_tool(tool, arguments)
    text = "".join(part.text for part in result.content)
    return result.is_error, (text if result.is_error else json.loads(text))


async def reading(session):
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert set(tools) == READING, sorted(tools)
    assert all(tool.annotations.read_only_hint for tool in tools.values())

    async def ask(tool, **arguments):
        failed, answer = await call(session, tool, **arguments)
        assert not failed, f"{tool}: {answer}"
        return answer

    tables = {one["table"]: one for one in (await ask("list_tables"))["tables"]}
    assert tables["gold.fct_sales"]["kind"] == "model", tables["gold.fct_sales"]
    assert {one["kind"] for one in (await ask("list_tables", kind="source"))["tables"]} == {"source"}
    sales = await ask("describe_table", table="fct_sales")
    assert any(column["name"] == "net_amount_aud" and column["type"].startswith("DECIMAL") for column in sales["columns"])
    assert "silver.order_lines" in sales["depends_on"] and sales["tests"], sales["depends_on"]
    assert await ask("list_metrics") == {"metrics": [], "semantic_models": [], "saved_queries": []}
    feeds = {one["feed"] for one in (await ask("list_contracts"))["contracts"]}
    assert "orders_lines" in feeds, feeds
    assert "primaryKey" in (await ask("describe_contract", feed="orders_lines"))["yaml"]
    rejects = await ask("list_rejects", limit=2)
    assert rejects["total"] > 2 and len(rejects["rejects"]) == 2, rejects["total"]
    up = await ask("lineage", name="gold.fct_sales.quantity")
    assert any(one["table"] == "raw.orders_lines" for one in up["columns"]), up["columns"]
    assert (await ask("lineage", name="raw.orders_lines.qty", direction="down"))["columns"]
    assert await ask("list_runs", limit=3)
    assert (await ask("check"))["findings"] == []
    assert "select" in (await ask("compile", model="fct_sales"))["sql"].lower()
    rows = await ask("query", sql="select order_id, line_number from gold.fct_sales order by all", limit=3)
    assert len(rows["rows"]) == 3 and rows["cut"], rows
    order, line = rows["rows"][0]
    why = await ask("why", table="gold.fct_sales", where=f"order_id = {order} and line_number = {line}", column="net_amount")
    bronze = next(one for one in why["tables"] if one["table"] == "bronze.orders_lines")
    assert bronze["raw"][0]["text"].startswith(f"{order},"), bronze
    assert (await ask("status"))
    resources = {str(one.uri): one for one in (await session.list_resources()).resources}
    assert {"ingot://contract/orders_lines", "ingot://model/gold.fct_sales"} <= set(resources), sorted(resources)
    (contract,) = (await session.read_resource("ingot://contract/orders_lines")).contents
    assert "primaryKey" in contract.text and contract.mime_type == "application/yaml"
    (model,) = (await session.read_resource("ingot://model/gold.fct_sales")).contents
    assert "ref('order_lines')" in model.text
    for uri in ["file:///etc/passwd", "ingot://contract/../../etc/passwd", "ingot://model/nosuch"]:
        try:
            await session.read_resource(uri)
        except MCPError as error:
            assert "there is no resource" in str(error), error
        else:
            raise AssertionError(f"{uri} was read")

    # What is wrong is answered as an error that an agent can act on.
    for tool, arguments, words in [
        ("query", {"sql": "drop table gold.fct_sales"}, "one SELECT"),
        ("query", {"sql": "create table gold.x as select 1"}, "one SELECT"),
        ("query", {"sql": "select * from read_text('/etc/passwd')"}, ""),
        ("query", {"sql": "select 1; select 2"}, "one SELECT"),
        ("why", {"table": "gold.fct_sales", "where": "1 = 1); drop table gold.fct_sales; --"}, ""),
        ("why", {"table": "gold.fct_sales", "where": "order_id in (select 1 from read_text('/etc/passwd'))"}, ""),
        ("query", {"sql": "select * from 'dbt_project.yml'"}, ""),
        ("query", {"sql": "copy (select 1) to 'written.csv'"}, "one SELECT"),
        ("query", {"sql": "attach 'other.duckdb'"}, "one SELECT"),
        ("query", {"sql": "set enable_external_access = true"}, "one SELECT"),
        ("query", {"sql": "with x as (delete from gold.dim_date returning *) from x"}, ""),
        ("query", {"sql": "select getenv('HOME')"}, ""),
        ("query", {"sql": "select 1", "limit": -1}, "type integer"),
        ("query", {"sql": ""}, "missing"),
        ("lineage", {"name": "gold.nosuch.x"}, ""),
        ("list_rejects", {"feed": "../../etc"}, ""),
        ("compile", {"model": "../../etc/passwd"}, "there is no"),
        ("why", {"table": "gold.fct_sale", "where": "true"}, "did you mean"),
        ("describe_table", {"table": "fct_sale"}, "did you mean 'fct_sales'"),
        ("describe_table", {}, "missing"),
        ("describe_table", {"table": 1}, "type string"),
        ("describe_table", {"tabel": "x"}, "did you mean 'table'"),
    ]:
        failed, answer = await call(session, tool, **arguments)
        assert failed and words in answer, f"{tool} {arguments}: {answer}"
    for tool in ["run_models", "nosuch"]:
        try:
            await session.call_tool(tool, {})
        except MCPError as error:
            assert "there is no tool" in str(error), error
        else:
            raise AssertionError(f"{tool} was run without --allow-write")
    assert not os.path.exists("written.csv") and not os.path.exists("other.duckdb")
    many = await ask("query", sql="from range(5000)", limit=1000000)
    assert len(many["rows"]) == 1000 and many["cut"]


async def writing(session):
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert set(tools) == READING | WRITING, sorted(tools)
    assert not tools["run_models"].annotations.read_only_hint
    failed, ran = await call(session, "run_models", select="dim_date")
    assert not failed and ran["succeeded"], ran
    failed, ran = await call(session, "load_bronze")
    assert not failed and ran["succeeded"], ran
    for select in ["no_such_model", "--full-refresh", "dim_date --vars {}"]:
        failed, ran = await call(session, "run_models", select=select)
        assert not failed and "dim_date" not in str(ran["output"]) or not ran["succeeded"], ran


def raw(project, ingot):
    """Lines that are not messages, and a client that goes away."""
    ping = b'{"jsonrpc":"2.0","id":"p","method":"ping"}\n'
    call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_contracts"}}
    lines = [
        b"{\n", b"\x00\xff\n", b"[" * 100_000 + b"\n", b'"text"\n', b"[]\n", b"{}\n", b"x" * (64 << 20) + b"\n",
        b'{"jsonrpc":"2.0","id":1,"method":"nosuch"}\n', b'{"jsonrpc":"2.0","id":{},"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":"x"}}\n',
    ]
    text = b"".join(lines) + json.dumps(call).encode() + b"\n" + ping
    ran = subprocess.run([ingot, "--project-dir", project, "mcp"], input=text, capture_output=True, timeout=120)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0 and not ran.stderr, ran.stderr[-2000:]
    assert sum("error" in one for one in answers) == len(lines), [str(one)[:200] for one in answers]
    assert [one["id"] for one in answers if "result" in one] in ([7, "p"], ["p", 7]), answers
    # Many requests at once are answered, each once.
    asked = [{**call, "id": number} for number in range(200)]
    text = b"".join(json.dumps(one).encode() + b"\n" for one in asked)
    ran = subprocess.run([ingot, "--project-dir", project, "mcp"], input=text, capture_output=True, timeout=120)
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == list(range(200))
    # A client that does not read any more ends it.
    process = subprocess.Popen([ingot, "--project-dir", project, "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    process.stdin.write(json.dumps(call).encode() + b"\n")
    process.stdin.close()
    assert process.wait(60) in (0, 1, 2), process.returncode


def main():
    project, ingot = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.chdir(project)
    # `ingot demo` has no runs in the history.
    subprocess.run([ingot, "load-bronze", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    raw(project, ingot)
    asyncio.run(with_session(project, ingot, [], reading))
    asyncio.run(with_session(project, ingot, [], reading, newest=True))
    asyncio.run(with_session(project, ingot, ["--allow-write"], writing))
    print(f"{len(READING)} tools that read and {len(WRITING)} that write answer the client, and refuse what they must")


main()
