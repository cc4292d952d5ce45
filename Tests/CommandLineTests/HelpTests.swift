import ArgumentParser
import AttendCommands
import Foundation
import Testing

/// Help texts as they are, so that a change is seen. `ATTEND_UPDATE_SNAPSHOTS=1` writes them anew.
@Suite struct HelpTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots")

  @Test func helpIsAsRecorded() throws {
    let commands: [any ParsableCommand.Type] = AttendCommand.configuration.subcommands
    #expect(commands.count == 15)
    try check(AttendCommand.helpMessage(columns: 80), "attend")
    for command in commands {
      let name = try #require(command.configuration.commandName)
      try check(AttendCommand.helpMessage(for: command, columns: 80), "attend-\(name)")
      #expect(command.configuration.discussion.contains("attend \(name)"), "\(name) has no example")
      #expect(!command.configuration.abstract.isEmpty)
    }
  }

  private func check(_ help: String, _ name: String) throws {
    let file = Self.folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["ATTEND_UPDATE_SNAPSHOTS"] == "1" {
      try Data((help + "\n").utf8).write(to: file)
    }
    #expect(try String(decoding: Data(contentsOf: file), as: UTF8.self) == help + "\n")
  }

  @Test(arguments: [
    ["generate", "--temperature", "nan", "x"], ["generate", "--temperature=-1", "x"],
    ["generate", "--top-k", "0", "x"],
    ["generate", "--top-p", "1.5", "x"], ["generate", "--max-tokens", "0", "x"], ["generate", "--stop", "", "x"],
    ["generate", "--threads", "0", "x"], ["generate", "--precision", "double", "x"], ["generate", "a", "b"],
    ["generate", "--instructions", "a", "b"], ["bench", "--prompt", "0", "m"], ["bench"], ["show"], ["forward"],
    ["forward", "--model", "m", "--inputs", "i"], ["perplexity", "--tokens", "1", "f"],
    ["translate", "--beams", "0", "x"],
    ["translate", "--length-penalty", "nan", "x"], ["translate", "--svg", "f"], ["translate", "--svg", "f", "a", "b"],
    ["translate", "--score", "f", "x"], ["translate", "--max-tokens", "0", "x"], ["nonsense"], ["--nonsense"],
    ["generate", "--json-object", "--grammar", "g", "x"], ["chat", "--json-object", "--json-schema", "{}"],
    ["compare", "--smoke", "--full"], ["compare", "--tasks", "A,E"], ["compare", "--tasks", ""],
    ["compare", "--seeds", "0"], ["compare", "--threads", "0"], ["compare", "x"],
    ["quantize", "m", "o"], ["quantize", "m", "o", "--type", "Q9"], ["convert", "m"],
    ["convert", "m", "o", "--type", "Q4_K"], ["train-tokenizer", "f", "--size", "300"],
    ["train-tokenizer", "--size", "300", "--out", "o"],
  ])
  func wrongUsageIs64(arguments: [String]) {
    let error = #expect(throws: (any Error).self) { try AttendCommand.parseAsRoot(arguments) }
    #expect(error.map { AttendCommand.exitCode(for: $0).rawValue } == 64)
  }

  @Test(arguments: [
    [], ["generate", "x"], ["generate", "--chat", "--instructions", "a", "--stop", "a", "--stop", "b", "-"],
    ["chat", "--temperature", "0.7", "--top-p", "0.9", "--top-k", "5", "--seed", "18446744073709551615"],
    ["generate", "--json-schema", "{}", "x"], ["chat", "--grammar", "f", "--tools", "t"], ["chat", "--json-object"],
    ["show", "--tensors", "--json", "m"], ["tokenize", "--model", "m", "--json", "text"],
    ["perplexity", "--model", "m", "--tokens", "512", "-"],
    ["translate", "--model", "m", "--attention", "--svg", "f", "--beams", "8", "--length-penalty", "0.6", "text"],
    ["translate"], ["translate", "a", "b", "--json"], ["translate", "--score", "f", "--json"],
    ["bench", "m", "--prompt", "1", "--decode", "2", "--repetitions", "3", "--threads", "4", "--json"],
    ["compare", "--smoke", "--tasks", "a,G", "--seeds", "1", "--seed", "9", "--json", "j", "--svg", "s"],
    ["train-tokenizer", "a", "-", "--size", "300", "--out", "o", "--special", "<s>", "--special", "</s>", "--json"],
    [
      "forward", "--model", "m", "--inputs", "i", "--outputs", "o", "--precision", "exact", "--hidden-states",
      "--quiet",
    ],
  ])
  func rightUsageIsUnderstood(arguments: [String]) throws {
    #expect(throws: Never.self) { try AttendCommand.parseAsRoot(arguments) }
  }
}
