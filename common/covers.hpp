#pragma once

#include <cstddef>

namespace stepup {

/// True if row i of `table` describes enumerator i, up to and including `last`: a forgotten row does not compile.
template <class Table, class Row, class E> consteval bool covers(const Table& table, E Row::*key, E last) {
    if (table.size() != static_cast<std::size_t>(last) + 1) return false;
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].*key != static_cast<E>(i)) return false;
    return true;
}

}  // namespace stepup
