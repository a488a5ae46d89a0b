"""The preview of the Power BI report as Chromium lays it out: wide and on a phone, light and dark. Nothing is cut off, no two
labels cover each other, everything has enough contrast, what opens by a pointer opens by a button, nothing is fetched.

    python powerbi_preview.py CHROMIUM PREVIEW.html
"""

import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SIZES = {"wide": (1400, 900), "tablet": (820, 1180), "phone": (500, 844)}
# Of Chromium's setting preferredColorScheme.
SCHEMES = {"dark": 0, "light": 1}

CHECKS = r"""
const problems = [];
const say = (what) => { if (problems.length < 40) problems.push(what); };
const box = (element) => element.getBoundingClientRect();
const isSeen = (element) => element.checkVisibility() && box(element).width > 0;
const overlap = (a, b) => [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
const channels = (color) => (color.match(/[\d.]+/g) || []).map(Number);
const luminance = (color) => {
  const [r, g, b] = channels(color).map((one) => { one /= 255; return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
if (document.documentElement.scrollWidth > innerWidth + 1) say(`the page is ${document.documentElement.scrollWidth} wide`);
if (performance.getEntriesByType('resource').length) say('something was fetched');
const figures = [...document.querySelectorAll('figure')];
for (const figure of figures) {
  const name = figure.closest('section').querySelector('h2').textContent + ', ' + figure.getAttribute('aria-label');
  const place = box(figure), ground = getComputedStyle(figure).backgroundColor;
  if (!isSeen(figure)) say(`${name}: not shown`);
  for (const other of figure.parentElement.children) {
    if (other === figure) break;
    if (overlap(place, box(other)).every((one) => one > 1)) say(`${name}: covers ${other.getAttribute('aria-label')}`);
  }
  for (const one of figure.querySelectorAll('figcaption, .callout, .choice')) {
    if (isSeen(one) && contrast(getComputedStyle(one).color, ground) < 4.5) say(`${name}: ${one.className} has too little contrast`);
  }
  const callout = figure.querySelector('p.callout');
  if (callout && callout.scrollWidth > callout.clientWidth + 1) say(`${name}: ${callout.textContent} is cut off`);
  const drawings = [...figure.querySelectorAll('svg')];
  if (drawings.length && drawings.filter(isSeen).length !== 1) say(`${name}: ${drawings.filter(isSeen).length} drawings are shown`);
  for (const drawing of drawings.filter(isSeen)) {
    if (!drawing.getAttribute('aria-label')) say(`${name}: no alternative text`);
    const texts = [...drawing.querySelectorAll('text')];
    for (const [number, text] of texts.entries()) {
      const area = box(text);
      if (area.left < place.left || area.right > place.right || area.top < place.top || area.bottom > place.bottom) say(`${name}: '${text.textContent}' is outside`);
      if (parseFloat(getComputedStyle(text).fontSize) * drawing.getScreenCTM().a < 10.5) say(`${name}: '${text.textContent}' is too small`);
      if (contrast(getComputedStyle(text).fill, ground) < 4.5) say(`${name}: '${text.textContent}' has too little contrast`);
      if (text.hasAttribute('transform')) continue;
      for (const other of texts.slice(0, number).filter((one) => !one.hasAttribute('transform'))) {
        if (overlap(area, box(other)).every((one) => one > 2)) say(`${name}: '${text.textContent}' covers '${other.textContent}'`);
      }
    }
    for (const mark of drawing.querySelectorAll('rect, circle.bubble, circle.point, path:not(.wash):not(.line):not(.track)')) {
      if (!mark.classList.contains('unseen') && contrast(getComputedStyle(mark).fill, ground) < 2.99) say(`${name}: a mark has too little contrast`);
      const area = box(mark);
      if (area.left < place.left - 1 || area.right > place.right + 1) say(`${name}: a mark is outside`);
    }
    for (const line of drawing.querySelectorAll('path.line')) {
      if (contrast(getComputedStyle(line).stroke, ground) < 2.99) say(`${name}: a line has too little contrast`);
    }
  }
  const button = figure.querySelector('figcaption button');
  if (button) {
    const numbers = document.getElementById(button.getAttribute('popovertarget'));
    button.click();
    if (!numbers.matches(':popover-open') || !numbers.querySelector('td')) say(`${name}: its numbers do not open`);
    numbers.hidePopover();
  }
}
for (const link of document.querySelectorAll('nav a')) {
  if (!document.querySelector(link.getAttribute('href'))) say(`${link.textContent} leads nowhere`);
}
document.documentElement.setAttribute('data-result', JSON.stringify({ problems, figures: figures.length, width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches }));
"""


def main():
    chromium, preview = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    failures = 0
    with tempfile.TemporaryDirectory() as place:
        page = pathlib.Path(place, "page.html")
        page.write_text(preview.replace("</body>", f"<script>{CHECKS}</script></body>"), encoding="utf-8")
        for size, (width, height) in SIZES.items():
            for scheme, number in SCHEMES.items():
                command = [chromium, "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                           "--disable-component-update", "--disable-sync", f"--user-data-dir={place}/{size}-{scheme}",
                           f"--window-size={width},{height}", f"--blink-settings=preferredColorScheme={number}", "--dump-dom", page.as_uri()]
                if hasattr(os, "geteuid") and os.geteuid() == 0:
                    command.insert(1, "--no-sandbox")
                dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
                result = json.loads(html.unescape(re.search(r'data-result="([^"]*)"', dom)[1]))
                assert result["dark"] == (scheme == "dark"), result
                assert (result["width"] <= 760) == (size == "phone"), result
                failures += len(result["problems"])
                print(f"{size}, {scheme}: {result['figures']} visuals, {len(result['problems'])} problems")
                for problem in result["problems"]:
                    print(f"  {problem}")
    return 1 if failures or "not drawn" in preview else 0


if __name__ == "__main__":
    sys.exit(main())
