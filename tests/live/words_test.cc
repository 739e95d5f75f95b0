// Goal: what kubectl and helm say is sorted by what can be done about it, and no secret passes.
// Method: messages of kubectl 1.34.4 and helm 3.19.5.
#include "live/words.h"

#include <gtest/gtest.h>

namespace rehearse::live {
namespace {

ErrorCode CodeFor(const std::string& said, bool mutates = true) {
  return CodeOf({1, false, "", said}, mutates);
}

TEST(WordsTest, ARefusalIsNotAnUnknownOutcome) {
  EXPECT_EQ(CodeFor("Error from server (NotFound): pods \"x\" not found"), ErrorCode::kNotFound);
  EXPECT_EQ(CodeFor("Error from server (AlreadyExists): configmaps \"x\" already exists"),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeFor("Error from server (Conflict): Operation cannot be fulfilled on deployments"),
            ErrorCode::kConflict);
  EXPECT_EQ(CodeFor("Error from server (Forbidden): pods is forbidden: User \"u\" cannot list"),
            ErrorCode::kForbidden);
  EXPECT_EQ(CodeFor("error: You must be logged in to the server (Unauthorized)"),
            ErrorCode::kForbidden);
}

TEST(WordsTest, AServerThatWasNotReachedHasAppliedNothing) {
  EXPECT_EQ(CodeFor("The connection to the server 127.0.0.1:1 was refused - did you specify the "
                    "right host or port?: connect: connection refused"),
            ErrorCode::kUnavailable);
  EXPECT_EQ(CodeFor("Error from server (TooManyRequests): the server has received too many "
                    "requests and has asked us to try again later"),
            ErrorCode::kUnavailable);
}

TEST(WordsTest, ALostAnswerOfAChangeIsUnknownAndOfAReadIsNothing) {
  for (const char* said : {"error: unexpected EOF",
                           "Error from server (InternalError): an error on the server",
                           "Error: etcdserver: leader changed",
                           "read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer"}) {
    EXPECT_EQ(CodeFor(said), ErrorCode::kOutcomeUnknown) << said;
    EXPECT_EQ(CodeFor(said, false), ErrorCode::kUnavailable) << said;
  }
  EXPECT_EQ(CodeOf({137, true, "", ""}, true), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(CodeOf({137, false, "", ""}, true), ErrorCode::kOutcomeUnknown);
}

TEST(WordsTest, EverythingElseIsTheCommandsOwnNo) {
  EXPECT_EQ(CodeFor("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in "
                    "progress"),
            ErrorCode::kFailed);
}

TEST(WordsTest, TheMessageIsOneLineWithoutSecrets) {
  const Error error =
      ErrorOf({1, false, "", "Error: bad\nAuthorization: Bearer abc.def\nsecretKey: \"s3cr3t\"\n"},
              "helm",
              true);
  EXPECT_EQ(error.message, "helm: Error: bad Authorization: *** secretKey: \"***\"");
}

TEST(WordsTest, ValuesBehindNamesOfSecretsAreMasked) {
  EXPECT_EQ(Masked("helm upgrade --set minio.secretKey=abc,image.all.tag=v2.2.16"),
            "helm upgrade --set minio.secretKey=***,image.all.tag=v2.2.16");
  EXPECT_EQ(Masked(R"({"token": "abc", "name": "x"})"), R"({"token": "***", "name": "x"})");
  EXPECT_EQ(Masked("image: milvusdb/milvus:v2.1.4"), "image: milvusdb/milvus:v2.1.4");
}

}  // namespace
}  // namespace rehearse::live
