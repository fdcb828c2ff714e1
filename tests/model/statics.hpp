// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// statics.hpp -- what the engines have outside of their maps, and what a test says of an exploration.

#pragma once

#include <gtest/gtest.h>

#include <checker.hpp>
#include <cstdio>
#include <explore.hpp>
#include <model_platform.hpp>
#include <syncmap/detail/hazard_domain.hpp>
#include <syncmap/detail/wait_graph.hpp>

namespace syncmap::model {

// What the hazard domain of the platform, and the waiting graph, have in statics.
template <class P>
void adopt_statics() {
  using domain = detail::hazard_domain<P>;
  using record = typename domain::record;
  using leader = detail::flight_leader<P>;
  using lock = detail::graph_lock<P>;
  memory& objects = the_checker().objects();
  objects.adopt(&domain::global(), sizeof(domain), "domain");
  objects.adopt(&record::unattached, sizeof(record), "record of no thread");
  objects.adopt(&record::exited, sizeof(record), "record of ended threads");
  objects.adopt(&leader::unattached, sizeof(leader), "no leader");
  objects.adopt(&detail::graph_lock_v<P>, sizeof(lock), "lock of the waiting graph");
}

// Prints what was looked at; fails if something was wrong.
inline void tell(const char* subject, const char* name, const outcome& found) {
  std::printf(
      "model %s/%s: %zu executions, %zu abandoned, %zu random, %zu steps, longest %zu, complete: "
      "%s\n",
      subject, name, found.executions(), found.abandoned, found.random, found.steps, found.longest,
      found.complete.empty() ? "no" : found.complete.c_str());
  if (found.wrong.empty()) return;
  ADD_FAILURE() << "execution " << found.executions() << " goes wrong:\n" << found.wrong;
}

}  // namespace syncmap::model
