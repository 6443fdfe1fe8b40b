"""The figures as a picture (SVG): how long a login takes, how many there are a second, how both grow."""

WIDTH, HEIGHT = 380, 260
LEFT, TOP, BOTTOM, RIGHT = 60, 34, 40, 30
COLORS = {"StepUp": "#0b62a4", "google-authenticator": "#d1495b", "pam_oath": "#8a6f3c", "least daemon": "#6c8e5a",
          "pam_permit": "#888888", "StepUp, window": "#0b62a4", "pam_timestamp": "#d1495b"}


def text(x, y, words, anchor="middle", size=11, **more):
    attributes = "".join(f' {name}="{value}"' for name, value in more.items())
    words = str(words).replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}"{attributes}>{words}</text>'


def panel(title, inside, index):
    x, y = (index % 2) * WIDTH, (index // 2) * HEIGHT
    return f'<g transform="translate({x},{y})">{text(WIDTH / 2, 18, title, size=13)}{"".join(inside)}</g>'


def height_of(value, most):
    return (HEIGHT - TOP - BOTTOM) * value / most


def bars(values, unit):
    """One bar a module."""
    most = max(values.values())
    step = (WIDTH - LEFT - RIGHT) / len(values)
    for number, (name, value) in enumerate(values.items()):
        x, tall = LEFT + number * step, height_of(value, most)
        y = HEIGHT - BOTTOM - tall
        yield f'<rect x="{x + 6:.0f}" y="{y:.0f}" width="{step - 12:.0f}" height="{tall:.0f}" fill="{COLORS[name]}"/>'
        yield text(x + step / 2, y - 4, f"{value:.0f} {unit}", size=10)
        yield text(x + step / 2, HEIGHT - BOTTOM + 14 + 12 * (number % 2), name, size=9)


def lines(series, marks):
    """One line a module over `marks`, which stand at equal distances."""
    most = max(max(values.values()) for values in series.values())
    at = {mark: LEFT + (WIDTH - LEFT - RIGHT) * number / max(len(marks) - 1, 1) for number, mark in enumerate(marks)}
    for mark, x in at.items():
        yield text(x, HEIGHT - BOTTOM + 16, f"{mark:,}", size=10)
    for share in (0, 0.5, 1):
        y = HEIGHT - BOTTOM - height_of(share * most, most)
        yield f'<line x1="{LEFT}" y1="{y:.0f}" x2="{WIDTH - RIGHT}" y2="{y:.0f}" stroke="#dddddd"/>'
        yield text(LEFT - 6, y + 4, f"{share * most:,.0f}", anchor="end", size=10)
    for number, (name, values) in enumerate(series.items()):
        points = " ".join(f"{at[mark]:.0f},{HEIGHT - BOTTOM - height_of(values[mark], most):.0f}"
                          for mark in marks if mark in values)
        yield f'<polyline points="{points}" fill="none" stroke="{COLORS[name]}" stroke-width="2"/>'
        yield text(WIDTH - RIGHT, HEIGHT - BOTTOM - 8 - 13 * number, name, anchor="end", size=10, fill=COLORS[name])


def over(figures):
    """{module: {mark: median}} of {mark: {module: …}}."""
    series = {}
    for mark, by_name in figures.items():
        for name, one in by_name.items():
            series.setdefault(name, {})[mark] = one["median"]
    return series


def medians(series):
    return {name: one["median"] for name, one in series.items()}


def draw(figures):
    """The SVG, of whatever was measured."""
    panels = []
    for phase, title in (("loop", "One login, in a loop (µs)"), ("fresh", "One login, in a fresh process (µs)")):
        if phase in figures:
            panels.append((title, bars(medians(figures[phase]), "µs")))
    if "rates" in figures:
        panels.append(("Logins a second, by processes", lines(over(figures["rates"]), list(figures["rates"]))))
    if "growth" in figures:
        panels.append(("One login (µs), by enrolled users", lines(over(figures["growth"]), list(figures["growth"]))))
    for sessions, series in figures.get("window", {}).items():
        panels.append((f"Window check, {sessions} sessions (µs)", bars(medians(series), "µs")))
    tall = HEIGHT * ((len(panels) + 1) // 2)
    drawn = "\n".join(panel(title, inside, index) for index, (title, inside) in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" height="{tall}" font-family="sans-serif">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n{drawn}\n</svg>\n')
