#include "model/migration/backup.h"

#include <memory>
#include <utility>
#include <vector>

#include "model/core/json.h"
#include "model/core/law.h"
#include "model/milvus/proto/meta.pb.h"

namespace rehearse::migration {
namespace {

namespace pb = milvus::pb;

// protobuf prints refused strings to stderr; the caller gets an Error and decides.
const bool kProtobufIsQuiet = [] {
  google::protobuf::SetLogHandler(nullptr);
  return true;
}();

constexpr std::size_t kLengthBytes = 8;
constexpr std::string_view kInvalid = "invalid backup file, ";

std::uint64_t ReadLength(std::string_view bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = (length << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  return length;
}

void AppendPart(std::string& out, const google::protobuf::Message& message) {
  const std::string part = message.SerializeAsString();
  std::uint64_t length = part.size();
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    out += static_cast<char>(length & 0xFFU);
    length >>= 8U;
  }
  out += part;
}

// Cuts one length and message off the front of `bytes`.
Result<std::string_view> CutPart(std::string_view& bytes, const std::string& what) {
  if (bytes.size() < kLengthBytes) {
    return BadInput(std::string(kInvalid) + "cannot read " + what + " length");
  }
  const std::uint64_t length = ReadLength(bytes);
  bytes.remove_prefix(kLengthBytes);
  if (bytes.size() < length) {
    return BadInput(std::string(kInvalid) + "cannot read " + what);
  }
  const std::string_view part = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return part;
}

template <typename Message>
Result<Message> ParsePart(std::string_view part, const std::string& what) {
  Message message;
  if (!message.ParseFromArray(part.data(), static_cast<int>(part.size()))) {
    return BadInput(std::string(kInvalid) + "cannot read " + what +
                    ": proto: cannot parse invalid wire-format data");
  }
  return message;
}

}  // namespace

// Asked for every key of a file: the last answer is kept.
bool BackupHeader::EntryIncludesRootPath() const {
  thread_local std::string asked;
  thread_local bool answer = false;
  if (asked != extra) {
    const Result<Json> json = ParseJson(extra, "extra");
    const Json* flag = json ? At(*json, {"entry_include_root_path"}) : nullptr;
    asked = extra;
    answer = flag != nullptr && flag->is_boolean() && flag->get<bool>();
  }
  return answer;
}

bool BackupFile::IsComplete() const {
  return static_cast<std::int64_t>(entries.size()) == header.entries;
}

std::string BackupFile::FullKey(const std::string& entry_key) const {
  if (header.EntryIncludesRootPath()) {
    return entry_key;
  }
  std::string full;
  for (const std::string& part : {header.instance, header.meta_path, entry_key}) {
    full += (full.empty() || part.empty() ? "" : "/") + part;
  }
  return full;
}

bool LooksLikeBackup(std::string_view bytes) {
  if (bytes.size() < kLengthBytes || bytes.size() - kLengthBytes < ReadLength(bytes)) {
    return false;
  }
  std::string_view rest = bytes;
  const Result<std::string_view> header = CutPart(rest, "header");
  return header && ParsePart<pb::BackupHeader>(*header, "header").has_value();
}

// Law::kBackupFileFormat, Law::kBackupTruncatedAccepted.
Result<BackupFile> ReadBackup(std::string_view bytes) {
  TRY_ASSIGN(const std::string_view header_part, CutPart(bytes, "header"));
  TRY_ASSIGN(const auto header, ParsePart<pb::BackupHeader>(header_part, "header"));
  BackupFile file;
  file.header = BackupHeader{header.version(),
                             header.instance(),
                             header.meta_path(),
                             header.entries(),
                             header.component(),
                             header.extra()};
  while (!bytes.empty()) {
    TRY_ASSIGN(const std::string_view part, CutPart(bytes, "entry"));
    TRY_ASSIGN(auto entry, ParsePart<pb::KeyDataPair>(part, "entry"));
    file.entries[std::move(*entry.mutable_key())] = std::move(*entry.mutable_data());
  }
  return file;
}

std::string WriteBackup(const BackupFile& file) {
  pb::BackupHeader header;
  header.set_version(file.header.version);
  header.set_instance(file.header.instance);
  header.set_meta_path(file.header.meta_path);
  header.set_entries(file.header.entries);
  header.set_component(file.header.component);
  header.set_extra(file.header.extra);
  std::string bytes;
  AppendPart(bytes, header);
  pb::KeyDataPair entry;
  for (const auto& [key, value] : file.entries) {
    entry.set_key(key);
    entry.set_data(value);
    AppendPart(bytes, entry);
  }
  return bytes;
}

BackupFile BackupOf(const etcd::Keys& keys, std::string_view meta_root_path) {
  BackupFile file;
  const std::size_t slash = meta_root_path.rfind('/');
  file.header.instance = std::string(meta_root_path.substr(0, slash));
  if (slash != std::string_view::npos) {
    file.header.meta_path = std::string(meta_root_path.substr(slash + 1));
  }
  file.header.extra = R"({"entry_include_root_path":true})";
  // Without a trailing slash: by-dev/meta2 is saved too. Law::kToolBackupSkipsLeased.
  keys.ForPrefix(meta_root_path, [&](const std::string& key, const auto& entry) {
    if (entry->lease == 0) {
      file.entries.emplace(key, entry->value);
    }
  });
  file.header.entries = static_cast<std::int64_t>(file.entries.size());
  return file;
}

etcd::Keys KeysOf(const BackupFile& file) {
  std::map<std::string, const std::string*> full;
  for (const auto& [key, value] : file.entries) {
    full[file.FullKey(key)] = &value;
  }
  std::vector<std::pair<std::string, etcd::Keys::Value>> entries;
  entries.reserve(full.size());
  for (const auto& [key, value] : full) {
    entries.emplace_back(key, std::make_shared<const etcd::Entry>(etcd::Entry{*value, 0, 0, 0, 1}));
  }
  return etcd::Keys::FromSorted(std::move(entries));
}

}  // namespace rehearse::migration
