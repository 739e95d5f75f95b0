// Goal: what a watched command did to etcd is counted by family, sessions left out.
// Method: two small dumps.
#include "app/live_watch.h"

#include <gtest/gtest.h>

namespace rehearse::app {
namespace {

etcd::KeyValue Kv(const char* key, const char* value, etcd::LeaseId lease = 0) {
  etcd::KeyValue kv;
  kv.key = key;
  kv.value = value;
  kv.lease = lease;
  return kv;
}

TEST(LiveWatchTest, KeysAreCountedByFamily) {
  etcd::Dump before;
  before.kvs = {Kv("by-dev/meta/a/1", "x"),
                Kv("by-dev/meta/a/2", "x"),
                Kv("by-dev/meta/b/1", "x"),
                Kv("by-dev/meta/session/rootcoord", "x", 7)};
  etcd::Dump after;
  after.kvs = {Kv("by-dev/meta/a/2", "y"), Kv("by-dev/meta/b/1", "x"), Kv("by-dev/meta/c", "x")};
  const auto changes = ChangesOf(before, after);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes.at("by-dev/meta/a").removed, 1U);
  EXPECT_EQ(changes.at("by-dev/meta/a").changed, 1U);
  EXPECT_EQ(changes.at("by-dev/meta/a").added, 0U);
  EXPECT_EQ(changes.at("by-dev/meta/c").added, 1U);
}

}  // namespace
}  // namespace rehearse::app
