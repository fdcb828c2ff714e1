# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# sed -zEf: doxygen's filter of headers. To users the version is no part of a name. Doxygen does not find the
# members of a base whose name it must not show, and it promises places for friends that it then does not have.
s/::inline v[0-9_]+//g
s/(class [a-z_]+)[[:space:]]*: public basic_map<detail::[^{]*/\1 : public basic_map<Engine> /g
s/(\n *template <class Engine>)?\n *friend [^\n;{]*;[^\n]*//g
s/\[\[nodiscard\]\] friend bool operator==[^}]*\}//g
