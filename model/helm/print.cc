#include "model/helm/print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <string_view>

namespace rehearse::helm {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

struct CivilTime {
  std::int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  int weekday = 4;  // 0: Sunday
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Days since 1970-01-01 to a civil date (proleptic Gregorian calendar).
CivilTime CivilOf(std::int64_t unix_seconds) {
  std::int64_t days = unix_seconds / kDaySeconds;
  std::int64_t rest = unix_seconds % kDaySeconds;
  if (rest < 0) {
    rest += kDaySeconds;
    --days;
  }
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  CivilTime time;
  time.day = static_cast<unsigned>(day_of_year - (153 * month_index + 2) / 5 + 1);
  time.month = static_cast<unsigned>(month_index < 10 ? month_index + 3 : month_index - 9);
  time.year = year_of_era + era * 400 + (time.month <= 2 ? 1 : 0);
  time.weekday = static_cast<int>(((days % 7) + 11) % 7);
  time.hour = static_cast<int>(rest / 3'600);
  time.minute = static_cast<int>(rest / 60 % 60);
  time.second = static_cast<int>(rest % 60);
  return time;
}

// "2026-11-22T20:19:25.599711358Z" as helm history shows it: "Sun Nov 22 20:19:25 2026".
std::string TableTimeOf(const std::string& stored) {
  std::array<int, 6> parts{};
  const std::array<std::pair<std::size_t, std::size_t>, 6> places = {
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  if (stored.size() < 19) {
    return stored;
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const char* const begin = stored.data() + places.at(i).first;
    std::from_chars(begin, begin + places.at(i).second, parts.at(i));
  }
  // Day count of the date: searched from the year's start, so that one calendar routine suffices.
  std::int64_t days = (parts[0] - 1970) * 365LL + (parts[0] - 1969) / 4 - (parts[0] - 1901) / 100 +
                      (parts[0] - 1601) / 400;
  while (true) {
    const CivilTime time = CivilOf(days * kDaySeconds);
    if ((time.month == static_cast<unsigned>(parts[1]) &&
         time.day == static_cast<unsigned>(parts[2])) ||
        time.year > parts[0]) {
      break;
    }
    ++days;
  }
  const std::int64_t seconds = days * kDaySeconds + parts[3] * 3'600LL + parts[4] * 60LL + parts[5];
  return TableTime(seconds * 1'000);
}

std::vector<std::string> HistoryRow(const ReleaseRecord& record) {
  return {std::to_string(record.revision),
          TableTimeOf(record.last_deployed),
          std::string(NameOf(record.status)),
          ChartLabel(record),
          AppVersion(record),
          record.description};
}

std::string Aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += (i == 0 ? "" : "\t") + row[i] + std::string(widths[i] - row[i].size(), ' ');
    }
    text += "\n";
  }
  return text;
}

void SortByRevision(std::vector<ReleaseRecord>& records) {
  std::sort(records.begin(), records.end(), [](const ReleaseRecord& a, const ReleaseRecord& b) {
    return a.revision < b.revision;
  });
}

// "2026-11-22T20:19:25.599711358Z" as helm list shows it.
std::string ListTime(std::string stored) {
  if (stored.ends_with('Z') && stored.size() > 10 && stored[10] == 'T') {
    stored.pop_back();
    stored[10] = ' ';
    stored += " +0000 UTC";
  }
  return stored;
}

}  // namespace

// Law::kHelmTables
std::string HistoryTable(std::vector<ReleaseRecord> records) {
  SortByRevision(records);
  std::vector<std::vector<std::string>> rows = {
      {"REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"}};
  for (const ReleaseRecord& record : records) {
    rows.push_back(HistoryRow(record));
  }
  return Aligned(rows);
}

Json HistoryJson(std::vector<ReleaseRecord> records) {
  SortByRevision(records);
  Json list = Json::array();
  for (const ReleaseRecord& record : records) {
    list.push_back({{"revision", record.revision},
                    {"updated", record.last_deployed},
                    {"status", NameOf(record.status)},
                    {"chart", ChartLabel(record)},
                    {"app_version", AppVersion(record)},
                    {"description", record.description}});
  }
  return list;
}

Json ListJson(const std::vector<ReleaseRecord>& records) {
  std::map<std::string, const ReleaseRecord*> last;
  for (const ReleaseRecord& record : records) {
    const ReleaseRecord*& best = last[record.name];
    if (best == nullptr || best->revision < record.revision) {
      best = &record;
    }
  }
  Json list = Json::array();
  for (const auto& [name, record] : last) {
    list.push_back({{"name", name},
                    {"namespace", record->ns},
                    {"revision", std::to_string(record->revision)},
                    {"updated", ListTime(record->last_deployed)},
                    {"status", NameOf(record->status)},
                    {"chart", ChartLabel(*record)},
                    {"app_version", AppVersion(*record)}});
  }
  return list;
}

std::string TimeText(std::int64_t unix_ms) {
  const CivilTime time = CivilOf(unix_ms / 1'000);
  std::array<char, 48> text{};
  std::snprintf(text.data(),
                text.size(),
                "%04lld-%02u-%02uT%02d:%02d:%02d",
                static_cast<long long>(time.year),
                time.month,
                time.day,
                time.hour,
                time.minute,
                time.second);
  std::string out = text.data();
  if (unix_ms % 1'000 != 0) {  // Go leaves trailing zeros of the fraction out
    std::string fraction = std::to_string(1'000 + unix_ms % 1'000).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += "." + fraction;
  }
  return out + "Z";
}

std::string TableTime(std::int64_t unix_ms) {
  constexpr std::array<std::string_view, 7> kDays = {
      "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime time = CivilOf(unix_ms / 1'000);
  std::array<char, 48> text{};
  std::snprintf(text.data(),
                text.size(),
                "%s %s %2u %02d:%02d:%02d %lld",
                kDays.at(static_cast<std::size_t>(time.weekday)).data(),
                kMonths.at(time.month - 1).data(),
                time.day,
                time.hour,
                time.minute,
                time.second,
                static_cast<long long>(time.year));
  return text.data();
}

}  // namespace rehearse::helm
