// app/scenario/recorded.h: metadata that is part of the program, for starts that are described.
//
// Shape:  `recorded:NAME` stands where a dump's path may stand, and so does
//         `generated:SEED:COLLECTIONS`: metadata of 2.1 that is made up, in place of the captured.
// Source: fixtures/etcd, recorded from running servers; model/migration/generate.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/core/version.h"
#include "model/etcd/dump.h"

namespace rehearse::app {

// The bytes of the dump; nullopt: `metadata` does not name one.
std::optional<std::string_view> RecordedMetadata(const std::string& metadata);

// Whether `metadata` names some that is made up.
bool IsGenerated(const std::string& metadata);
// Made up metadata over that of a capture, whose sessions stay. REQUIRES: IsGenerated(metadata).
etcd::Dump Generated(const std::string& metadata, const etcd::Dump& captured);

// What a server of this version left when it was recorded, or the nearest older one.
std::string RecordedNameFor(const Version& server);

}  // namespace rehearse::app
