// What is registered equals the files in each family's folder, as the build found them.
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/backend.hpp>
#include <hysteron/cell_info.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "command_line/command.hpp"
#include "family_files.hpp"
#include "runs/configuration.hpp"
#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

TEST(Families, CellsAreTheFiles) {
  std::vector<std::string> names;
  for (const CellInfo& cell : every_cell()) names.emplace_back(cell.name);
  ASSERT_FALSE(cell_files.empty());
  EXPECT_THAT(names, ElementsAreArray(cell_files));
}

TEST(Families, TasksAreTheFiles) {
  ASSERT_FALSE(task_files.empty());
  EXPECT_THAT(Registry<Task>::names(), UnorderedElementsAreArray(task_files));
}

TEST(Families, InitializersAreTheFiles) {
  ASSERT_FALSE(initializer_files.empty());
  EXPECT_THAT(Registry<Initializer>::names(), UnorderedElementsAreArray(initializer_files));
}

TEST(Families, CommandsAreTheFiles) {
  ASSERT_FALSE(command_files.empty());
  EXPECT_THAT(Registry<Command>::names(), UnorderedElementsAreArray(command_files));
}

TEST(Families, ReproductionsAreTheFiles) {
  ASSERT_FALSE(reproduction_files.empty());
  EXPECT_THAT(Registry<Reproduction>::names(), UnorderedElementsAreArray(reproduction_files));
}

// Every arm is a configuration that the program accepts, in its own folder.
TEST(Families, EveryArmOfAReproductionIsAConfiguration) {
  for (const std::string& name : reproduction_files)
    for (const ReproductionScale scale : {ReproductionScale::quick, ReproductionScale::full}) {
      std::set<std::string> folders;
      const std::unique_ptr<Reproduction> reproduction = Registry<Reproduction>::make(name);
      EXPECT_FALSE(reproduction->ledger().empty()) << name;
      for (const Arm& arm : reproduction->arms(scale)) {
        Settings settings = settings_of(arm);
        EXPECT_NO_THROW(configure(settings, Sections::task_and_training)) << name << " " << arm.name;
        EXPECT_TRUE(folders.insert(arm.name).second) << name << " " << arm.name;
      }
      EXPECT_FALSE(folders.empty()) << name;
    }
}

// Starts that do not work for a cell have no arm with it.
TEST(Families, ArmsAreOfCellsThatTheirStartsServe) {
  std::vector<std::string> names;
  for (const Arm& arm : every_arm("", "", {}, {"lstm", "gru", "brc"}, {"chrono", "autoencoder_warm_up", "warm_up"}))
    names.push_back(arm.name);
  EXPECT_THAT(names, ElementsAre("lstm-chrono", "lstm-autoencoder_warm_up", "lstm-warm_up", "gru-autoencoder_warm_up",
                                 "gru-warm_up", "brc-warm_up"));
}

TEST(Families, EveryMemberCanBeMadeAndDescribesItself) {
  for (const std::string& name : task_files) EXPECT_FALSE(Registry<Task>::make(name)->description().empty()) << name;
  for (const std::string& name : initializer_files)
    EXPECT_FALSE(Registry<Initializer>::make(name)->description().empty()) << name;
  for (const std::string& name : command_files) {
    const std::unique_ptr<Command> command = Registry<Command>::make(name);
    EXPECT_FALSE(command->summary().empty()) << name;
    EXPECT_FALSE(command->description().empty()) << name;
    EXPECT_THAT(command->example(), testing::StartsWith(fmt::format("hysteron {}", fmt::join(command->words(), " "))));
    EXPECT_EQ(fmt::format("{}", fmt::join(command->words(), "_")), name) << "a file is named as its verb";
  }
}

TEST(Families, BackendsAreThoseOfTheBuild) {
  std::vector<std::string> names;
  for (const BackendKind& kind : backend_kinds()) names.push_back(kind.name);
  EXPECT_THAT(names, UnorderedElementsAreArray(backends_of_the_build));
}

// A machine without a GPU, or without a driver, is asked too: it answers, and nothing throws.
TEST(Families, EveryBackendRunsOrSaysWhyNot) {
  for (const BackendKind& kind : backend_kinds()) {
    EXPECT_NO_THROW(kind.devices()) << kind.name;
    if (kind.name == "cpu") {
      EXPECT_EQ(kind.reason_against(), "");
    } else {
      EXPECT_THAT(kind.reason_against(), testing::AnyOf(HasSubstr("driver"), HasSubstr("CUDA"))) << kind.name;
    }
  }
}

TEST(Cells, AnUnknownNameIsAnsweredWithTheNearest) {
  EXPECT_EQ(cell_named("lstm").name, "lstm");
  try {
    cell_named("grru");
    FAIL() << "an unknown cell was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.text().what, "unknown cell \"grru\"");
    EXPECT_EQ(error.text().hint, "did you mean \"gru\"?");
    for (const std::string& name : cell_files) EXPECT_THAT(error.text().expected, HasSubstr(name));
  }
}

// Whatever a cell states about itself beyond its equations refers to lanes and gates that it has.
TEST(Cells, TraitsFitTheRecords) {
  for (const CellInfo& cell : every_cell()) {
    const std::string_view gates = cell.layout.gates;
    const auto has = [&](char gate) { return gates.find(gate) != std::string_view::npos; };
    EXPECT_EQ(std::ssize(gates), cell.input) << cell.name;
    EXPECT_EQ(cell.layout.unit == UnitPlace::none, cell.unit == 0) << cell.name;
    if (cell.candidate) {
      EXPECT_EQ(cell.matrices(), cell.input) << cell.name;
      EXPECT_TRUE(has(cell.candidate->gate)) << cell.name;
      for (const char gate : std::string(cell.candidate->opened) + std::string(cell.candidate->closed))
        EXPECT_TRUE(has(gate) && gate != cell.candidate->gate) << cell.name << gate;
    }
    if (cell.time_gates) {
      EXPECT_TRUE(has(cell.time_gates->forget)) << cell.name;
      EXPECT_TRUE(cell.time_gates->input == 0 || has(cell.time_gates->input)) << cell.name;
    }
    if (cell.linear_memory) {
      EXPECT_TRUE(cell.linear_memory->detached >= 1 && cell.linear_memory->detached <= cell.recurrent) << cell.name;
      EXPECT_LT(cell.linear_memory->matrix, cell.recurrent) << cell.name;
      EXPECT_TRUE(cell.linear_memory->matrix < 0 || cell.deep == 1) << cell.name;
    }
  }
}

struct Fruit {
  static constexpr std::string_view noun = "fruit";
  virtual ~Fruit() = default;
  virtual int seeds() const = 0;
};
struct Pear : Fruit {
  int seeds() const override { return 10; }
};
struct Avocado : Fruit {
  int seeds() const override { return 1; }
};
const Registration<Fruit> pear("pear", [] { return std::make_unique<Pear>(); });
const Registration<Fruit> avocado("avocado", [] { return std::make_unique<Avocado>(); });

TEST(Registry, MakesByNameAndListsInOrder) {
  EXPECT_THAT(Registry<Fruit>::names(), ElementsAre("avocado", "pear"));
  EXPECT_EQ(Registry<Fruit>::make("avocado")->seeds(), 1);
  EXPECT_EQ(Registry<Fruit>::make("pear")->seeds(), 10);
}

TEST(Registry, AnUnknownNameIsAUsageErrorWithTheNearest) {
  try {
    Registry<Fruit>::make("paer");
    FAIL() << "an unknown fruit was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.text().what, "unknown fruit \"paer\"");
    EXPECT_EQ(error.text().expected, "one of: avocado, pear");
    EXPECT_EQ(error.text().hint, "did you mean \"pear\"?");
  }
}

TEST(Registry, ANameTwiceIsADefect) {
  try {
    Registry<Fruit>::add("pear", [] { return std::make_unique<Pear>(); });
    FAIL() << "two pears";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::defect);
    EXPECT_EQ(error.text().what, "two fruits are named \"pear\"");
  }
  EXPECT_THAT(Registry<Fruit>::names(), ElementsAre("avocado", "pear"));
}

}  // namespace
}  // namespace hysteron
