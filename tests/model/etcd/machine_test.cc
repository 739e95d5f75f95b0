// Goal: the laws of one etcd keyspace. Method: the rules of ETCD-01 to ETCD-05, one claim a test.
#include "model/etcd/machine.h"

#include <gtest/gtest.h>

namespace rehearse::etcd {
namespace {

TEST(EtcdTest, PutsCountVersionsAndKeepTheCreateRevision) {  // ETCD-01
  State state;
  Put(state, "a", "1");
  const Revision created = state.keys.Find("a")->create_revision;
  Put(state, "b", "1");
  Put(state, "a", "2");
  EXPECT_EQ(state.keys.Find("a")->create_revision, created);
  EXPECT_EQ(state.keys.Find("a")->mod_revision, state.revision);
  EXPECT_EQ(state.keys.Find("a")->version, 2);
}

TEST(EtcdTest, OfTwoWritersOfAnAbsentKeyOneWins) {  // ETCD-02
  State state;
  EXPECT_TRUE(PutIfAbsent(state, "session/rootcoord", "new"));
  EXPECT_FALSE(PutIfAbsent(state, "session/rootcoord", "old"));
  EXPECT_EQ(state.keys.Find("session/rootcoord")->value, "new");
}

TEST(EtcdTest, APrefixDeleteTakesEveryKeyThatStartsSo) {  // ETCD-03
  State state;
  for (const char* key : {"m/root-coord/index/1", "m/root-coord/index-x", "m/root-coord/inde"}) {
    Put(state, key, "");
  }
  const Revision before = state.revision;
  DeletePrefix(state, "m/root-coord/index");
  EXPECT_EQ(state.keys.size(), 1U);
  EXPECT_EQ(state.revision, before + 1);
  DeletePrefix(state, "m/root-coord/index");
  EXPECT_EQ(state.revision, before + 1);
}

TEST(LeaseTest, KeysVanishWithTheLease) {  // ETCD-04
  State state;
  const LeaseId lease = Grant(state, 60);
  Put(state, "session/id", "9");
  Put(state, "session/rootcoord", "{}", lease);
  Put(state, "session/proxy-8", "{}", lease);
  CheckInvariants(state);
  Revoke(state, lease);
  EXPECT_EQ(state.keys.size(), 1U);
  EXPECT_NE(state.keys.Find("session/id"), nullptr);
  EXPECT_EQ(FindLease(state, lease), nullptr);
  CheckInvariants(state);
}

TEST(LeaseTest, ALeaseIdDoesNotCountInTheDigestButBeingLeasedDoes) {
  State a;
  State b;
  Grant(b, 60);
  Put(a, "k", "v", Grant(a, 60));
  Put(b, "k", "v", Grant(b, 60));
  EXPECT_EQ(a.keys.Digest(), b.keys.Digest());
  Put(b, "k", "v");
  EXPECT_NE(a.keys.Digest(), b.keys.Digest());
}

}  // namespace
}  // namespace rehearse::etcd
