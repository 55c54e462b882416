// Messages: what they consist of, what is added on the way up, and the name that was probably meant.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

std::string message(ErrorText text) { return usage_error(std::move(text)).what(); }

TEST(ErrorMessage, HasEveryPartInItsOrder) {
  EXPECT_EQ(message({.what = "a wrong number of steps", .expected = "10", .found = "7", .hint = "count again"}),
            "a wrong number of steps\n  expected 10, found 7\n  hint: count again");
}

TEST(ErrorMessage, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(message({.what = "no"}), "no");
  EXPECT_EQ(message({.what = "no", .expected = "yes"}), "no\n  expected yes");
  EXPECT_EQ(message({.what = "no", .found = "none"}), "no\n  found none");
  EXPECT_EQ(message({.what = "no", .hint = "ask"}), "no\n  hint: ask");
}

TEST(ErrorMessage, SaysWhatWasBeingDoneInnermostFirst) {
  Error error = data_error({.what = "no", .expected = "yes", .found = "no", .hint = "ask"});
  error.add_while("reading the header").add_while("reading X.npy");
  EXPECT_STREQ(error.what(),
               "no\n  expected yes, found no\n  while reading the header\n  while reading X.npy\n  hint: ask");
}

TEST(ErrorMessage, KindsAreTheExitCodes) {
  const ErrorText text{.what = "no"};
  EXPECT_EQ(static_cast<int>(defect(text).kind()), 1);
  EXPECT_EQ(static_cast<int>(usage_error(text).kind()), 2);
  EXPECT_EQ(static_cast<int>(data_error(text).kind()), 3);
  EXPECT_EQ(static_cast<int>(device_error(text).kind()), 4);
  EXPECT_EQ(static_cast<int>(numeric_error(text).kind()), 5);
  EXPECT_EQ(defect(text).text().what, "no");
}

TEST(Doing, AddsToAnErrorAndKeepsItsKind) {
  try {
    doing("outside", [] { doing("inside", []() -> int { throw numeric_error({.what = "no"}); }); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    EXPECT_STREQ(error.what(), "no\n  while inside\n  while outside");
  }
}

TEST(Doing, GivesWhatTheWorkGave) {
  int value = 1;
  EXPECT_EQ(&doing("nothing", [&]() -> int& { return value; }), &value);
  EXPECT_EQ(doing("nothing", [] { return std::string("text"); }), "text");
}

TEST(Doing, LeavesOtherExceptionsAlone) {
  EXPECT_THROW(doing("nothing", [] { throw std::bad_alloc(); }), std::bad_alloc);
}

const std::vector<std::string> cells{"brc", "elman", "gru", "lmn", "lstm", "mgu", "nbrc"};

TEST(NearestName, IsWhatWasMeant) {
  EXPECT_EQ(nearest_name("gruu", cells), "gru");
  EXPECT_EQ(nearest_name("ltsm", cells), "lstm");  // two letters swapped
  EXPECT_EQ(nearest_name("elmann", cells), "elman");
  EXPECT_EQ(nearest_name("LSTM", cells), "lstm");  // case does not matter
  EXPECT_EQ(nearest_name("nrbc", cells), "nbrc");
  EXPECT_EQ(nearest_name("copy", std::vector<std::string>{"arrays", "copy_first_input"}), "copy_first_input");
  EXPECT_EQ(nearest_name("brc", cells), "brc");
}

const std::vector<std::string> keys{"seed",         "replicas",     "task.steps",   "model.units",
                                    "model.layers", "init.steps",   "train.batch",  "train.learning_rate",
                                    "train.clip",   "train.epochs", "train.updates"};

TEST(NearestName, KnowsTheFieldsOtherWords) {
  for (const auto& [word, meant] :
       std::vector<std::pair<std::string, std::string>>{{"train.lr", "train.learning_rate"},
                                                        {"lr", "train.learning_rate"},
                                                        {"model.hidden_size", "model.units"},
                                                        {"num_layers", "model.layers"},
                                                        {"batch_size", "train.batch"},
                                                        {"train.grad_clip", "train.clip"},
                                                        {"max_steps", "train.updates"},
                                                        {"seq_len", "task.steps"}})
    EXPECT_EQ(nearest_name(word, keys), meant) << word;
  EXPECT_EQ(nearest_name("rnn", cells), "elman");
  EXPECT_EQ(nearest_name("gpu", std::vector<std::string>{"auto", "cpu", "cuda"}), "cuda");
  const std::vector<std::string> losses{"mse", "cross_entropy", "binary_cross_entropy"};
  EXPECT_EQ(nearest_name("ce", losses), "cross_entropy");
  EXPECT_EQ(nearest_name("BCE", losses), "binary_cross_entropy");
  EXPECT_EQ(nearest_name("--hidden-size", std::vector<std::string>{"--units", "--layers"}), "--units");
}

TEST(NearestName, FindsAKeyByItsLastPart) {
  EXPECT_EQ(nearest_name("batch", keys), "train.batch");
  EXPECT_EQ(nearest_name("model.batch", keys), "train.batch");
  EXPECT_EQ(nearest_name("train.seed", keys), "seed");
}

TEST(NearestName, IsEmptyWhenNoneIsNear) {
  EXPECT_EQ(nearest_name("transformer", cells), "");
  EXPECT_EQ(nearest_name("train.dropout", keys), "");
  EXPECT_EQ(nearest_name("at", std::vector<std::string>{"lr"}), "");
  EXPECT_EQ(nearest_name("gru", std::vector<std::string>{}), "");
  EXPECT_EQ(nearest_name("gpu", std::vector<std::string>{"auto", "cpu"}), "");  // another thing, not a misspelling
}

TEST(NearestName, IsTheFirstOfEquals) { EXPECT_EQ(nearest_name("cat", std::vector<std::string>{"bat", "hat"}), "bat"); }

TEST(UnknownName, ListsThemAllAndProposesTheNearest) {
  const Error error = unknown_name("cell", "gruu", cells);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_STREQ(
      error.what(),
      "unknown cell \"gruu\"\n  expected one of: brc, elman, gru, lmn, lstm, mgu, nbrc\n  hint: did you mean \"gru\"?");
  EXPECT_EQ(unknown_name("setting", "steps", keys).text().hint, "did you mean \"task.steps\" or \"init.steps\"?");
  EXPECT_STREQ(unknown_name("cell", "transformer", std::vector<std::string>{"gru"}).what(),
               "unknown cell \"transformer\"\n  expected one of: gru");
}

}  // namespace
}  // namespace hysteron
