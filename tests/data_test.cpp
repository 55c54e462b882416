// hysteron data list, get, check: against the test's own server, with the test's own tables.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include "data/data_sets.hpp"
#include "files/json.hpp"
#include "files/unpacked_file.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string gzipped(const std::string& text) {
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&state, text.size()) + 64, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  packed.resize(state.total_out);
  deflateEnd(&state);
  return packed;
}

/// Letters that do not compress well.
std::string letters(std::size_t count, unsigned seed) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    text += static_cast<char>(seed >> 24);
  }
  return text;
}

class Digest : public testing::Test {
 protected:
  TemporaryFolder folder;
};

// The examples of FIPS 180-4.
TEST_F(Digest, OfKnownTexts) {
  put(folder / "abc", "abc");
  put(folder / "none", "");
  put(folder / "packed", gzipped("abc"));
  put(folder / "twice", gzipped("a") + gzipped("bc"));
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  for (const char* const name : {"abc", "packed", "twice"}) {
    const ContentsDigest found = contents_digest(folder / name);
    EXPECT_EQ(found.sha256, abc) << name;
    EXPECT_EQ(found.bytes, 3u) << name;
    EXPECT_EQ(found.problem, "") << name;
    EXPECT_EQ(unpacked_text(folder / name), "abc") << name;
  }
  EXPECT_EQ(contents_digest(folder / "none").sha256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(unpacked_text(folder / "none"), "");
}

TEST_F(Digest, OfALargeFileGoesPieceByPiece) {
  const std::string text = letters(700'000, 3);
  put(folder / "plain", text);
  put(folder / "packed", gzipped(text));
  EXPECT_EQ(contents_digest(folder / "packed").sha256, contents_digest(folder / "plain").sha256);
  EXPECT_EQ(contents_digest(folder / "packed").bytes, text.size());
  EXPECT_EQ(unpacked_text(folder / "packed"), text);
}

TEST_F(Digest, OfADamagedFileSaysSo) {
  const std::string text = letters(5000, 4), packed = gzipped(text);
  put(folder / "cut", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(contents_digest(folder / "cut").problem, HasSubstr("too early"));
  std::string changed = packed;
  changed[changed.size() - 6] ^= 1;  // part of the checksum
  put(folder / "changed", changed);
  EXPECT_THAT(contents_digest(folder / "changed").problem, HasSubstr("damaged"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { unpacked_text(folder / "cut"); }), HasSubstr("too early"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { unpacked_text(folder / "plenty"); }), HasSubstr("plenty"));
  put(folder / "long", text);
  EXPECT_THAT(message_of(ErrorKind::data, [&] { unpacked_text(folder / "long", 100); }), HasSubstr("at most 100"));
}

TEST(DataSets, TheProgramsOwnTableIsWhole) {
  ASSERT_FALSE(known_data_sets().empty());
  for (const DataSet& set : known_data_sets()) {
    EXPECT_FALSE(set.title.empty()) << set.name;
    EXPECT_FALSE(set.cite.empty()) << set.name;
    EXPECT_FALSE(set.license.empty()) << set.name;
    EXPECT_FALSE(set.tasks.empty()) << set.name;
    for (const DataFile& file : set.files)
      EXPECT_EQ(file.urls.empty(), !set.by_hand.empty()) << set.name << ": fetched, or made by hand";
  }
  EXPECT_EQ(data_set_named(known_data_sets(), "mnist").files.size(), 4u);
  EXPECT_THAT(message_of(ErrorKind::usage, [] { data_set_named(known_data_sets(), "minst"); }),
              HasSubstr("did you mean \"mnist\"?"));
}

TEST(DataSets, RealFilesAreThoseOfTheTable) {
  const std::filesystem::path shared = std::filesystem::path(HYSTERON_SOURCE_DIR) / "../shared/data";
  if (!std::filesystem::exists(shared))
    GTEST_SKIP() << "no data sets in ../shared/data: their checksums are not tested";
  for (const DataSet& set : known_data_sets())
    for (const DataFile& file : set.files) {
      const auto path = find_data_file(set, file, {shared});
      ASSERT_TRUE(path) << file.name;
      EXPECT_EQ(wrong_with(file, *path), "") << file.name;
    }
}

TEST(DataSets, ATableThatIsWrongIsRefused) {
  const std::string digits(64, 'a');
  const auto table = [&](const std::string& folder, const std::string& name, const std::string& sha,
                         const std::string& url, const std::string& bytes) {
    return fmt::format(
        R"({{"s": {{"title": "t", "tasks": [], "folders": ["{}"],
            "files": [{{"name": "{}", "bytes": {}, "sha256": "{}", "urls": ["{}"]}}]}}}})",
        folder, name, bytes, sha, url);
  };
  const auto refusal = [](const std::string& text) {
    return message_of(ErrorKind::data, [&] { read_data_sets(text, "t.json"); });
  };
  EXPECT_EQ(read_data_sets(table("a/b", "f", digits, "http://x", "3"), "t.json").at(0).files.at(0).packed, 3u);
  EXPECT_THAT(refusal(table("../b", "f", digits, "http://x", "3")),
              AllOf(HasSubstr("folders"), HasSubstr("t.json: s")));
  EXPECT_THAT(refusal(table("/b", "f", digits, "http://x", "3")), HasSubstr("folders"));
  EXPECT_THAT(refusal(table("b", "c/f", digits, "http://x", "3")), HasSubstr("name"));
  EXPECT_THAT(refusal(table("b", "..", digits, "http://x", "3")), HasSubstr("name"));
  EXPECT_THAT(refusal(table("b", "f", "abc", "http://x", "3")), HasSubstr("sha256"));
  EXPECT_THAT(refusal(table("b", "f", digits, "file:///x", "3")), HasSubstr("urls"));
  EXPECT_THAT(refusal(table("b", "f", digits, "http://x", "-3")), HasSubstr("bytes"));
  EXPECT_THAT(refusal("{\"s\": 3}"), HasSubstr("t.json: s"));
  EXPECT_THAT(refusal("[]"), HasSubstr("t.json"));
  EXPECT_THAT(refusal("{\"s\": {\"title\": 3}}"), HasSubstr("title"));
}

/// A server in the folder `there`, a table with one data set of two files, and a data folder `here`.
class Fetching : public ProgramTest {
 protected:
  void SetUp() override {
    if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "the program curl is not there";
    if (std::system("python3 --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "python3, to serve files, is not there";
    std::filesystem::create_directories(folder / "there");
    put(folder / "there/a.gz", gzipped(first));
    put(folder / "there/b", second);
    put(folder / "there/wrong", letters(first.size(), 9));
    server = std::make_unique<Child>(
        "/usr/bin/env", std::vector<std::string>{"python3", HYSTERON_SOURCE_DIR "/tests/data_server.py", "log"},
        folder / "there");
    ASSERT_TRUE(server->waits_for(folder / "there/port")) << contents(folder / "there/.child-1.err");
    std::string number = contents(folder / "there/port");
    number.pop_back();
    port = number;
    urls({"a.gz"}, {"b"});
  }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + port + "/" + path; }
  void urls(const std::vector<std::string>& of_first, const std::vector<std::string>& of_second) const {
    const auto file = [&](const char* name, const std::string& text, const std::vector<std::string>& paths) {
      put(folder / "plain", text);
      Json all = Json::array();
      for (const std::string& path : paths) all.push_back(path.starts_with("http") ? path : url(path));
      return Json{
          {"name", name}, {"bytes", text.size()}, {"sha256", contents_digest(folder / "plain").sha256}, {"urls", all}};
    };
    const Json table{{"small",
                      {{"title", "two small files"},
                       {"tasks", {"none"}},
                       {"folders", {"small", "elsewhere/small"}},
                       {"files", {file("a", first, of_first), file("b", second, of_second)}}}}};
    put(folder / "sets.json", table.dump());
  }
  /// What a fetch that must fail says; its progress goes to stderr too.
  std::string refused() const {
    const Ended ended = hysteron(get);
    EXPECT_EQ(ended.code, 3) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr("error: "));
    return ended.err;
  }
  std::string requests() const { return contents(folder / "there/log"); }
  std::vector<std::string> fetched_names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "here/small"))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::string first = letters(50'000, 1), second = letters(20'000, 2);
  const std::string get = "data get small --sets sets.json --data here";
  std::unique_ptr<Child> server;
  std::string port;
};

TEST_F(Fetching, BringsWhatIsMissingAndChecksIt) {
  EXPECT_EQ(succeeds("data list --sets sets.json --data here --json").json()["sets"][0]["found"], false);
  const auto json = succeeds(get + " --json").json();
  ASSERT_EQ(json["files"].size(), 2u);
  EXPECT_EQ(json["files"][0]["path"], "here/small/a.gz");
  EXPECT_EQ(json["files"][1]["path"], "here/small/b");
  EXPECT_EQ(json["files"][0]["fetched"], true);
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{"a.gz", "b"}));
  EXPECT_EQ(unpacked_text(folder / "here/small/a.gz"), first);
  EXPECT_EQ(requests(), "/a.gz 0\n/b 0\n");
  EXPECT_EQ(succeeds("data list --sets sets.json --data here --json").json()["sets"][0]["found"], true);
  EXPECT_EQ(succeeds("data check small --sets sets.json --data here --json").json()["right"], true);

  const auto again = succeeds(get + " --json").json();
  EXPECT_EQ(again["files"][0]["fetched"], false);
  EXPECT_EQ(requests(), "/a.gz 0\n/b 0\n") << "what is there is not fetched again";
}

TEST_F(Fetching, ReplacesWhatIsWrong) {
  std::filesystem::create_directories(folder / "here/small");
  put(folder / "here/small/a", "something else");
  const Ended check = hysteron("data check --sets sets.json --data here");
  EXPECT_EQ(check.code, 3);
  EXPECT_THAT(check.err, AllOf(HasSubstr("14 bytes"), HasSubstr("b: not there"), HasSubstr("hysteron data get")));
  EXPECT_THAT(succeeds(get).err, HasSubstr("here/small/a is not what it should be"));
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{"a.gz", "b"})) << "the wrong one is gone";
  std::string changed = second;
  changed[7] ^= 1;
  put(folder / "here/small/b", changed);
  EXPECT_THAT(hysteron("data check small --sets sets.json --data here").err, HasSubstr("SHA-256"));
}

TEST_F(Fetching, GoesOnWithWhatHasArrived) {
  urls({"cut/a.gz"}, {"b"});
  EXPECT_THAT(refused(), AllOf(HasSubstr("could not fetch a"), HasSubstr("/cut/a.gz: "), HasSubstr("goes on")));
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{".a.from-1"}));
  const auto half = std::filesystem::file_size(folder / "here/small/.a.from-1");
  EXPECT_GT(half, 1000u);
  urls({"a.gz"}, {"b"});
  EXPECT_THAT(succeeds(get).err, HasSubstr("going on with a"));
  EXPECT_EQ(requests(), fmt::format("/cut/a.gz 0\n/a.gz {}\n/b 0\n", half));
  EXPECT_EQ(unpacked_text(folder / "here/small/a.gz"), first);
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{"a.gz", "b"}));
}

TEST_F(Fetching, BeginsAnewWhereItCannotGoOn) {
  std::filesystem::create_directories(folder / "here/small");
  put(folder / "here/small/.a.from-1", gzipped(first).substr(0, 2000));
  put(folder / "here/small/.b.from-1", letters(500, 77));  // from another version
  urls({"whole/a.gz"}, {"b"});
  EXPECT_THAT(succeeds(get).err, AllOf(HasSubstr("fetching a anew"), HasSubstr("fetching b anew")));
  EXPECT_EQ(requests(), "/whole/a.gz 0\n/whole/a.gz 0\n/b 500\n/b 0\n");
  EXPECT_EQ(unpacked_text(folder / "here/small/a.gz"), first);
  EXPECT_EQ(unpacked_text(folder / "here/small/b"), second);
}

TEST_F(Fetching, ARestThatIsLongerThanTheFileIsThrownAway) {
  std::filesystem::create_directories(folder / "here/small");
  put(folder / "here/small/.b.from-1", letters(30'000, 5));
  succeeds(get);
  EXPECT_EQ(unpacked_text(folder / "here/small/b"), second);
}

TEST_F(Fetching, ARestThatIsWholeNeedsNoServer) {
  std::filesystem::create_directories(folder / "here/small");
  put(folder / "here/small/.b.from-1", second);
  succeeds(get);
  EXPECT_EQ(requests(), "/a.gz 0\n");
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{"a.gz", "b"}));
}

TEST_F(Fetching, TriesEachPlaceInTurn) {
  urls({"nowhere", "wrong", "error/503/a.gz", "a.gz"}, {"b"});
  succeeds(get);
  EXPECT_EQ(requests(), "/nowhere 0\n/wrong 0\n/error/503/a.gz 0\n/a.gz 0\n/b 0\n");
  EXPECT_EQ(fetched_names(), (std::vector<std::string>{"a.gz", "b"}));
}

TEST_F(Fetching, SaysOfEachPlaceWhyItFailed) {
  urls({"nowhere", "wrong", "http://127.0.0.1:1/a"}, {"b"});
  EXPECT_THAT(refused(), AllOf(HasSubstr("/nowhere: "), HasSubstr("404"), HasSubstr("gives another file: SHA-256"),
                               HasSubstr("127.0.0.1:1/a: "), HasSubstr("is there a network?"),
                               HasSubstr("while fetching the data set small")));
  EXPECT_EQ(fetched_names(), std::vector<std::string>()) << "nothing wrong is left, under any name";
}

TEST_F(Fetching, StopsOnASignalAndKeepsWhatHasArrived) {
  urls({"slow/a.gz"}, {"b"});
  Child child(HYSTERON_PROGRAM, words(get), folder.path());
  ASSERT_TRUE(child.waits_for(folder / "here/small/.a.from-1"));
  while (std::filesystem::file_size(folder / "here/small/.a.from-1") == 0) ::usleep(2000);
  child.send(SIGTERM);
  const Ended ended = child.wait();
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("goes on"));
  const auto arrived = std::filesystem::file_size(folder / "here/small/.a.from-1");
  EXPECT_GT(arrived, 0u);
  urls({"a.gz"}, {"b"});
  succeeds(get);
  EXPECT_THAT(requests(), HasSubstr(fmt::format("/a.gz {}\n", arrived)));
}

// A limit on file size stands in for a full disk: the system refuses the write.
TEST_F(Fetching, ADiskThatIsFullIsSaidSo) {
  const std::string line = fmt::format("trap '' XFSZ; ulimit -f 8; exec '{}' {}", HYSTERON_PROGRAM, get);
  const Ended ended = Child("/bin/sh", {"-c", line}, folder.path()).wait();
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot write here/small/.a.from-1"), HasSubstr("make room")));
  succeeds(get);
  EXPECT_EQ(unpacked_text(folder / "here/small/a.gz"), first);
}

TEST_F(Fetching, WithoutCurlSaysWhatToInstall) {
  const std::string line = fmt::format("PATH=/nonexistent exec '{}' {}", HYSTERON_PROGRAM, get);
  const Ended ended = Child("/bin/sh", {"-c", line}, folder.path()).wait();
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("curl"), HasSubstr("install"), HasSubstr(url("a.gz"))));
}

class Data : public ProgramTest {};

TEST_F(Data, UnknownAndMissingNamesAreUsageErrors) {
  EXPECT_THAT(fails(2, "data get minst --data ."), HasSubstr("did you mean \"mnist\"?"));
  EXPECT_THAT(fails(2, "data get --data ."), HasSubstr("NAME"));
  EXPECT_THAT(fails(2, "data chekc"), HasSubstr("did you mean \"check\"?"));
  EXPECT_THAT(fails(3, "data list --sets none.json"), HasSubstr("none.json"));
}

TEST_F(Data, WhatNobodyGivesIsToBeMade) {
  EXPECT_THAT(fails(3, "data get nottingham --data ."),
              AllOf(HasSubstr("nottingham.json"), HasSubstr("music_json.py")));
}

TEST_F(Data, CheckOfASetThatIsNotThere) {
  EXPECT_EQ(hysteron("data check mnist --data .").code, 3);
  // Nothing was checked, so this is not a success.
  EXPECT_THAT(fails(3, "data check --data somewhere"),
              AllOf(HasSubstr("no data set"), HasSubstr("somewhere (not there)")));
}

TEST_F(Data, ListNamesEverySetAndWhereItLooked) {
  const Ended ended = succeeds("data list --data somewhere --json");
  EXPECT_EQ(ended.json()["folders"], nlohmann::ordered_json({"somewhere"}));
  EXPECT_THAT(ended.out, HasSubstr("looked in somewhere (not there)"));
  EXPECT_EQ(ended.json()["sets"].size(), known_data_sets().size());
  for (const DataSet& set : known_data_sets()) EXPECT_THAT(ended.out, HasSubstr(set.name));
}

}  // namespace
}  // namespace hysteron
