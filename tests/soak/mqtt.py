#!/usr/bin/env python3
"""Sensors through a broker to gold: how long it takes, what it costs, and that nothing is lost or twice when everything is killed.

    tests/soak/mqtt.py INGOT [--seconds 60] [--rate 1000] [--kills 0] [--rotate 250ms] [--gather 500ms] [--seed N]

Mosquitto, `ingot listen` and `ingot watch` run on 127.0.0.1 with the project of examples/sensors. A device publishes so many
readings a second with QoS 1. Each of the three is killed so many times, at random, and started again: Mosquitto by SIGTERM
and SIGKILL in turn, the others by SIGKILL. Mosquitto writes down what it has after it has acknowledged it, so after a SIGKILL
the device sends its last readings again, as devices with a buffer do.

The delay of a reading is the time from its publication to the end of the round that brought it to gold. Needs Mosquitto;
where it is not installed, the script says so and ends.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

LATEST = 5.0  # Seconds of readings that the device sends again after the broker was killed.


def program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


class Device:
    """A client of MQTT 3.1.1 that publishes with QoS 1, and sends again what was not acknowledged."""

    def __init__(self, port, topic):
        self.port, self.topic = port, topic.encode()
        self.open = collections.OrderedDict()  # number -> payload, not acknowledged
        self.recent = collections.deque()  # (when acknowledged, payload)
        self.number, self.socket, self.buffer = 0, None, b""
        self.resent = 0

    def connect(self):
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=2)
                name = b"device"
                body = struct.pack(">H4sBBH", 4, b"MQTT", 4, 0x02, 60) + struct.pack(">H", len(name)) + name
                self.socket.sendall(bytes([0x10, len(body)]) + body)
                if self.socket.recv(4)[:1] == b"\x20":
                    break
            except OSError:
                time.sleep(0.05)
        self.socket.setblocking(False)
        self.buffer = b""
        again = [payload for _, payload in self.recent] + list(self.open.values())
        self.recent.clear()
        self.open.clear()
        self.resent += len(again)
        for payload in again:
            self.publish(payload)

    def publish(self, payload):
        self.number = self.number % 65535 + 1
        self.open[self.number] = payload
        body = struct.pack(">H", len(self.topic)) + self.topic + struct.pack(">H", self.number) + payload
        length, rest = b"", len(body)
        while True:
            rest, digit = rest // 128, rest % 128
            length += bytes([digit | (0x80 if rest else 0)])
            if not rest:
                break
        self.send(b"\x32" + length + body)

    def send(self, data):
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                self.receive()
                time.sleep(0.001)

    def receive(self):
        try:
            found = self.socket.recv(1 << 16)
            if not found:
                raise ConnectionError("closed")
            self.buffer += found
        except BlockingIOError:
            return
        now = time.monotonic()
        while len(self.buffer) >= 4:  # A PUBACK has four bytes, and nothing else comes.
            (number,) = struct.unpack(">H", self.buffer[2:4])
            self.buffer = self.buffer[4:]
            payload = self.open.pop(number, None)
            if payload is not None:
                self.recent.append((now, payload))
        while self.recent and now - self.recent[0][0] > LATEST:
            self.recent.popleft()

    def run(self, count, rate):
        """Publishes so many readings, so many a second, whatever happens to the broker."""
        self.connect()
        begun, sent = time.monotonic(), 0
        while sent < count or self.open:
            try:
                due = min(count, int((time.monotonic() - begun) * rate))
                while sent < due:
                    self.publish(reading(sent))
                    sent += 1
                self.receive()
                time.sleep(0.002)
            except OSError:
                # What was being sent when it broke is among what is open.
                sent = max(sent, self.newest() + 1)
                self.connect_again()

    def newest(self):
        return max((json.loads(payload)["reading_id"] for payload in self.open.values()), default=-1)

    def connect_again(self):
        while True:
            try:
                self.connect()
                return
            except OSError:
                time.sleep(0.05)


def reading(number):
    now = time.time_ns() // 1000
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 1_000_000)) + f".{now % 1_000_000:06d}Z"
    return json.dumps({
        "reading_id": number, "sensor_id": number % 1000 + 1, "received_at": moment, "clock_off": 0,
        "celsius": round(18 + number % 700 / 100, 2), "battery_mv": 3200 + number % 200,
    }).encode()


def memory(process):
    try:
        for line in open(f"/proc/{process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


class Parts:
    """The three processes, which are killed and started again."""

    def __init__(self, ingot, folder, port, options):
        self.ingot, self.folder, self.port, self.options = ingot, folder, port, options
        self.log = open(folder / "output.txt", "ab")
        self.processes, self.peaks = {}, collections.defaultdict(list)
        self.lock = threading.Lock()

    def command(self, name):
        if name == "mosquitto":
            return [program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]
        if name == "listen":
            return [
                self.ingot, "listen", f"mqtt://127.0.0.1:{self.port}/plant/+/readings", "--table", "readings",
                "--rotate-every", self.options.rotate,
            ]
        return [
            self.ingot, "watch", "--gather", self.options.gather, "--select", "stg_readings", "readings", "fct_minutes",
        ]

    def start(self, name):
        with self.lock:
            self.processes[name] = subprocess.Popen(
                self.command(name), cwd=self.folder / "sensors" if name != "mosquitto" else self.folder,
                stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            )

    def kill(self, name, how):
        process = self.processes[name]
        process.send_signal(how)
        process.wait()

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            process.wait()

    def sample(self):
        for name, process in list(self.processes.items()):
            found = memory(process)
            if found:
                self.peaks[name].append(found)


def ask(ingot, folder, sql):
    """Rows of a query over what the project has, as text."""
    shown = subprocess.run(
        [ingot, "dbt", "show", "-q", "--output", "json", "--limit", "-1", "--inline", sql],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(shown)["show"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--rotate", default="250ms")
    parser.add_argument("--gather", default="500ms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    options = parser.parse_args()
    ingot = str(pathlib.Path(options.ingot).resolve())
    if not program("mosquitto"):
        print("LEFT OUT: Mosquitto is not installed, so nothing comes from a broker")
        return
    chance = random.Random(options.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-mqtt-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        "autosave_on_changes true\nautosave_interval 100\nmax_queued_messages 0\nuser root\n"
    )
    subprocess.run([ingot, "init", "sensors", "--example", "sensors", "-q"], cwd=folder, check=True)
    project = folder / "sensors"
    (project / "data_raw").mkdir(exist_ok=True)
    sites = "".join(f"{number},north hall,T100,2022-01-01\n" for number in range(1, 1001))
    (project / "data_raw" / "sensors.csv").write_text("sensor_id,site,model,installed_on\n" + sites)

    parts = Parts(ingot, folder, port, options)
    parts.start("mosquitto")
    parts.start("watch")
    parts.start("listen")
    # The broker keeps nothing for a receiver that it does not know yet.
    while b"connected to the broker" not in (folder / "output.txt").read_bytes():
        time.sleep(0.1)
    time.sleep(1)
    count = options.seconds * options.rate
    device = Device(port, "plant/1/readings")
    sender = threading.Thread(target=device.run, args=(count, options.rate))
    begun = time.monotonic()
    sender.start()
    kills = [name for name in ("mosquitto", "listen", "watch") for _ in range(options.kills)]
    moments = sorted((chance.uniform(0.05, 0.9) * options.seconds, name) for name in kills)
    done = 0
    while sender.is_alive():
        if done < len(moments) and time.monotonic() - begun >= moments[done][0]:
            name = moments[done][1]
            gently = name == "mosquitto" and done % 2 == 0
            parts.kill(name, signal.SIGTERM if gently else signal.SIGKILL)
            parts.start(name)
            done += 1
        parts.sample()
        time.sleep(0.1)
        if time.monotonic() - begun > options.seconds * 3 + 120:
            parts.stop()
            sys.exit("the device could not send all of its readings")
    sent_after = time.monotonic() - begun

    state = project / "target" / "watch" / "state.json"
    settled, before = 0, None
    while settled < 8:  # Nothing new for so many looks.
        time.sleep(0.5)
        text = json.loads(state.read_text())["feeds"].get("readings", {}) if state.exists() else {}
        now = (text.get("built"), text.get("waiting"))
        settled = settled + 1 if now == before and text.get("waiting") == 0 else 0
        before = now
        if time.monotonic() - begun > options.seconds * 3 + 240:
            break
    parts.stop()

    problems = []
    gold = ask(ingot, project, "select sum(readings)::bigint as readings from {{ ref('fct_minutes') }}")[0]
    silver = ask(ingot, project, "select count(*) as readings, count(distinct reading_id) as ids from {{ ref('readings') }}")[0]
    bronze = ask(ingot, project, "select count(*) as readings, count(distinct reading_id) as ids from {{ source('bronze', 'readings') }}")[0]
    for what, found in (("gold", gold["readings"]), ("silver", silver["readings"]), ("ids of silver", silver["ids"]), ("ids of bronze", bronze["ids"])):
        if found != count:
            problems.append(f"{what}: {found} of {count} readings")
    logs = [path.name for path in (project / "target" / "watch").glob("log*.jsonl")]
    columns = "{loads: 'varchar[]', ended: 'varchar'}"
    rounds = " union all ".join(
        f"select unnest(loads)::timestamptz as load, ended::timestamptz as ended from read_json('target/watch/{name}', columns = {columns})"
        for name in logs
    )
    delays = ask(ingot, project, f"""
        with first as (select reading_id, min(received_at) as received_at, min(ingestion_ts) as load from {{{{ source('bronze', 'readings') }}}} group by all),
        delays as (select epoch(ended - received_at) as delay from first join ({rounds}) as rounds using (load))
        select count(*) as readings, round(quantile_cont(delay, 0.5), 2) as half, round(quantile_cont(delay, 0.95), 2) as most,
            round(quantile_cont(delay, 0.99), 2) as nearly_all, round(max(delay), 2) as all_ from delays""")[0]
    files = sum(1 for _ in (project / "data_raw" / "readings").rglob("*.jsonl"))
    leftovers = list((project / "data_raw" / ".landing").rglob("*.inprogress"))
    if leftovers:
        problems.append(f"{len(leftovers)} files were not ended")
    commits = json.loads(state.read_text())["feeds"]["readings"]["built"] + 1
    live = sum(1 for _ in (project / "lake/bronze/parquet/readings").rglob("*.parquet"))
    flat = {}
    for name, samples in parts.peaks.items():
        third = max(1, len(samples) // 3)
        flat[name] = (round(max(samples[third : 2 * third] or samples)), round(max(samples[-third:])))
    print(
        f"{count} readings in {sent_after:.0f} s ({options.rate}/s), {device.resent} sent again, {done} kills; twice in bronze: {bronze['readings'] - bronze['ids']}\n"
        f"from publication to gold: half within {delays['half']} s, 95 % within {delays['most']} s, 99 % within {delays['nearly_all']} s, all within {delays['all_']} s ({delays['readings']} timed)\n"
        f"{files} raw files, {commits} commits, {live} data files at the end; memory in MB, second and last third: "
        + ", ".join(f"{name} {one} and {other}" for name, (one, other) in sorted(flat.items()))
    )
    if problems:
        print((folder / "output.txt").read_text(errors="replace")[-4000:])
        sys.exit("\n".join(problems) + f"\nsee {folder}")
    if not options.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
