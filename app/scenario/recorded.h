// app/scenario/recorded.h: metadata that is part of the program, for starts that are described.
//
// Shape:  `recorded:NAME` stands where a dump's path may stand.
// Source: fixtures/etcd, recorded from running servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/core/version.h"

namespace rehearse::app {

// The bytes of the dump; nullopt: `metadata` does not name one.
std::optional<std::string_view> RecordedMetadata(const std::string& metadata);

// What a server of this version left when it was recorded, or the nearest older one.
std::string RecordedNameFor(const Version& server);

}  // namespace rehearse::app
