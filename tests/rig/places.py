"""A small writer of location databases (https://maxmind.github.io/MaxMind-DB/, version 2): IPv4 networks → countries."""

import ipaddress
import struct

MARK = b"\xab\xcd\xefMaxMind.com"
RECORD = 3  # bytes


def text(value):
    data = value.encode()
    return bytes([2 << 5 | len(data)]) + data


def number(value, kind):
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return (bytes([kind << 5 | len(data)]) if kind < 8 else bytes([len(data), kind - 7])) + data


def table(entries):
    return bytes([7 << 5 | len(entries)]) + b"".join(text(key) + value for key, value in entries)


def write_database(path, countries):
    """Writes `countries`, a map of networks to two letters, to `path`."""
    nodes, data, places = [[None, None]], b"", {}
    for network, country in countries.items():
        places[country] = len(data)
        data += table([("country", table([("iso_code", text(country))]))])
        address, length = ipaddress.ip_network(network).network_address, ipaddress.ip_network(network).prefixlen
        at = 0
        for bit in range(length):
            side = int(address) >> (31 - bit) & 1
            if bit == length - 1:
                nodes[at][side] = country
            else:
                if nodes[at][side] is None:
                    nodes.append([None, None])
                    nodes[at][side] = len(nodes) - 1
                at = nodes[at][side]
    count = len(nodes)

    def record(value):
        if value is None:
            return count
        return count + 16 + places[value] if isinstance(value, str) else value

    tree = b"".join(record(side).to_bytes(RECORD, "big") for node in nodes for side in node)
    about = table([("node_count", number(count, 6)), ("record_size", number(RECORD * 8, 5)),
                   ("ip_version", number(4, 5)), ("database_type", text("Country")),
                   ("binary_format_major_version", number(2, 5)), ("binary_format_minor_version", number(0, 5)),
                   ("build_epoch", number(1, 9)), ("languages", struct.pack("BB", 0, 4)),
                   ("description", table([]))])
    path.write_bytes(tree + bytes(16) + data + MARK + about)
