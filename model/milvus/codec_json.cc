// Values of any family as JSON, by reflection, and encoded again.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <memory>

#include "model/core/bytes.h"
#include "model/milvus/codec.h"
#include "model/milvus/proto/meta.pb.h"

namespace rehearse::milvus {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

template <typename T>
const Message* PrototypeOf() {
  return &T::default_instance();
}

const Message* RootCoordPrototype(Family family) {
  if (family == Family::kCollection || family == Family::kAlias21 ||
      family == Family::kDatabaseCollection) {
    return PrototypeOf<pb::CollectionInfo>();
  }
  if (family == Family::kAlias || family == Family::kDatabaseAlias) {
    return PrototypeOf<pb::AliasInfo>();
  }
  if (family == Family::kPartition) {
    return PrototypeOf<pb::PartitionInfo>();
  }
  if (family == Family::kField) {
    return PrototypeOf<pb::FieldSchema>();
  }
  return family == Family::kDatabase ? PrototypeOf<pb::DatabaseInfo>() : nullptr;
}

const Message* IndexPrototype(Family family) {
  if (family == Family::kIndex21) {
    return PrototypeOf<pb::IndexInfo21>();
  }
  if (family == Family::kSegmentIndex21) {
    return PrototypeOf<pb::SegmentIndexInfo21>();
  }
  if (family == Family::kIndexBuild21) {
    return PrototypeOf<pb::IndexMeta21>();
  }
  if (family == Family::kIndex) {
    return PrototypeOf<pb::FieldIndex>();
  }
  return family == Family::kSegmentIndex ? PrototypeOf<pb::SegmentIndex>() : nullptr;
}

const Message* DataCoordPrototype(Family family) {
  if (family == Family::kSegment) {
    return PrototypeOf<pb::SegmentInfo>();
  }
  if (family == Family::kBinlog || family == Family::kDeltalog || family == Family::kStatslog) {
    return PrototypeOf<pb::FieldBinlog>();
  }
  if (family == Family::kChannelCheckpoint) {
    return PrototypeOf<pb::MsgPosition>();
  }
  return family == Family::kChannelWatch ? PrototypeOf<pb::ChannelWatchInfo>() : nullptr;
}

const Message* QueryCoord21Prototype(Family family) {
  if (family == Family::kLoadedCollection21) {
    return PrototypeOf<pb::LoadedCollection21>();
  }
  if (family == Family::kReplica21) {
    return PrototypeOf<pb::ReplicaInfo21>();
  }
  if (family == Family::kQuerySegment21) {
    return PrototypeOf<pb::QuerySegment21>();
  }
  if (family == Family::kDmChannel21) {
    return PrototypeOf<pb::DmChannelWatchInfo21>();
  }
  if (family == Family::kDeltaChannel21) {
    return PrototypeOf<pb::VchannelInfo>();
  }
  return family == Family::kSealedSegmentChange21 ? PrototypeOf<pb::SealedSegmentsChangeInfo21>()
                                                  : nullptr;
}

const Message* QueryCoordPrototype(Family family) {
  if (family == Family::kLoadedCollection) {
    return PrototypeOf<pb::CollectionLoadInfo>();
  }
  if (family == Family::kLoadedPartition) {
    return PrototypeOf<pb::PartitionLoadInfo>();
  }
  if (family == Family::kReplica) {
    return PrototypeOf<pb::Replica>();
  }
  return family == Family::kResourceGroup ? PrototypeOf<pb::ResourceGroup>() : nullptr;
}

const Message* PrototypeOf(Family family) {
  for (const auto find : {RootCoordPrototype,
                          IndexPrototype,
                          DataCoordPrototype,
                          QueryCoord21Prototype,
                          QueryCoordPrototype}) {
    if (const Message* prototype = find(family); prototype != nullptr) {
      return prototype;
    }
  }
  return nullptr;
}

Json MessageToJson(const Message& message);

Json BytesToJson(std::string_view bytes) { return "base64:" + EncodeBase64(bytes); }

Json UnknownToJson(const UnknownField& field) {
  switch (field.type()) {
    case UnknownField::TYPE_VARINT:
      return field.varint();
    case UnknownField::TYPE_FIXED32:
      return field.fixed32();
    case UnknownField::TYPE_FIXED64:
      return field.fixed64();
    case UnknownField::TYPE_LENGTH_DELIMITED:
      return BytesToJson(field.length_delimited());
    case UnknownField::TYPE_GROUP:
      return "group";
  }
  return nullptr;
}

std::string StringAtIndex(const Message& message, const FieldDescriptor& field, int index) {
  return index < 0 ? message.GetReflection()->GetString(message, &field)
                   : message.GetReflection()->GetRepeatedString(message, &field, index);
}

// index < 0: the field is not repeated.
Json ValueToJson(const Message& message, const FieldDescriptor& field, int index) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return index < 0 ? reflection->GetInt32(message, &field)
                       : reflection->GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return index < 0 ? reflection->GetInt64(message, &field)
                       : reflection->GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return index < 0 ? reflection->GetUInt64(message, &field)
                       : reflection->GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, &field);  // no repeated bools in meta.proto
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES
                 ? BytesToJson(StringAtIndex(message, field, index))
                 : Json(StringAtIndex(message, field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageToJson(index < 0 ? reflection->GetMessage(message, &field)
                                     : reflection->GetRepeatedMessage(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_ENUM:
      return nullptr;  // not used in meta.proto
  }
  return nullptr;
}

Json FieldToJson(const Message& message, const FieldDescriptor& field) {
  if (!field.is_repeated()) {
    return ValueToJson(message, field, -1);
  }
  Json list = Json::array();
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    list.push_back(ValueToJson(message, field, i));
  }
  const bool order_is_nothing =
      field.message_type() != nullptr && (field.message_type() == pb::KeyValuePair::descriptor() ||
                                          field.message_type() == pb::FieldIndexId::descriptor());
  if (order_is_nothing) {
    std::sort(list.begin(), list.end());
  }
  return list;
}

Json MessageToJson(const Message& message) {
  Json json = Json::object();
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    json[field->name()] = FieldToJson(message, *field);
  }
  const UnknownFieldSet& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    json["#" + std::to_string(unknown.field(i).number())].push_back(
        UnknownToJson(unknown.field(i)));
  }
  return json;
}

Result<std::unique_ptr<Message>> ParseAs(const Message& prototype,
                                         std::string_view value,
                                         std::string_view where) {
  std::unique_ptr<Message> message(prototype.New());
  if (!message->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return BadInput(std::string(where) + ": not a " + prototype.GetDescriptor()->name());
  }
  return message;
}

}  // namespace

Result<Json> DecodeToJson(Family family, std::string_view value, std::string_view where) {
  if (IsTombstone(value)) {
    return Json("tombstone");
  }
  const Message* prototype = PrototypeOf(family);
  if (prototype != nullptr) {
    TRY_ASSIGN(const auto message, ParseAs(*prototype, value, where));
    return MessageToJson(*message);
  }
  if (RowOf(family).kind == ValueKind::kJson) {
    return ParseJson(value, where);
  }
  if (RowOf(family).kind == ValueKind::kText) {
    return Json(std::string(value));
  }
  return BytesToJson(value);
}

Result<std::string> ReEncode(Family family, std::string_view value, std::string_view where) {
  const Message* prototype = PrototypeOf(family);
  if (prototype == nullptr || IsTombstone(value)) {
    return std::string(value);
  }
  TRY_ASSIGN(const auto message, ParseAs(*prototype, value, where));
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message->SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace rehearse::milvus
