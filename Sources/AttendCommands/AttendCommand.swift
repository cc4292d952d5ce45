import ArgumentParser
import AttendBase

/// The command `attend`.
public struct AttendCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "attend",
    abstract: "Runs and trains language models on this machine's processor.",
    discussion: """
      A model is a Hugging Face folder (config.json, model.safetensors,
      tokenizer.json), a .safetensors file in one, or a .gguf file.

      Examples:
        attend generate "The capital of France is"
        attend chat --model SmolLM2-135M-Instruct.Q4_1.gguf
        attend translate "I love deep learning" --attention
        attend attention "The cat sat"
        attend show SmolLM2-135M-Instruct.Q4_1.gguf
        attend train recipes/austen/config.json --out austen

      Environment:
        ATTEND_MODEL   the model when --model is left out
        ATTEND_MODELS  the folder of fetched models (else attend/models in
                       XDG_CACHE_HOME or ~/.cache)
        ATTEND_ISA     the instruction-set level: portable, neon, avx2, avx512
                       or amx

      Exit codes: 0 success, 1 failure, 64 wrong usage, 130 interrupted by Ctrl-C.
      """,
    version: "0.1.0",
    subcommands: [
      GenerateCommand.self, ChatCommand.self, TranslateCommand.self, AttentionCommand.self, ShowCommand.self,
      TokenizeCommand.self, PerplexityCommand.self, BenchCommand.self, ForwardCommand.self, TrainCommand.self,
      TrainTokenizerCommand.self, QuantizeCommand.self, ConvertCommand.self, AlignmentHeadsCommand.self,
      CompareCommand.self,
    ])

  public init() {}

  /// Runs a command line.
  /// - Parameter arguments: without the program's name.
  /// - Returns: the process's exit code.
  public static func execute(_ arguments: [String]) async -> Int32 {
    Interruption.shared.install()
    do {
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      let code = report(error)
      if code == ExitCode.validationFailure.rawValue, let path = misplacedModel(arguments) {
        Terminal.complain("Name the model with --model: attend \(arguments[0]) --model \(oneLine(path)) …")
      }
      return code
    }
  }

  /// A model that was given as other programs take it, without `--model`.
  private static func misplacedModel(_ arguments: [String]) -> String? {
    let commands = ["generate", "chat", "tokenize", "perplexity"]
    guard let command = arguments.first, commands.contains(command), !arguments.contains("--model") else { return nil }
    return arguments.dropFirst().first { argument in
      [".gguf", ".safetensors"].contains { argument.hasSuffix($0) } || Folder.hasFile(argument + "/config.json")
    }
  }

  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case is Terminal.ClosedPipe: return 0
    case is CancellationError: return Interruption.exitCode
    case let error as AttendError:
      Terminal.complain("error: " + oneLine(error.description))
      return 1
    default:
      let code = exitCode(for: error).rawValue
      let message = fullMessage(for: error)
      if !message.isEmpty {
        // Help and version are answers, not complaints.
        if code == 0 { try? Terminal.write(message + "\n") } else { Terminal.complain(message) }
      }
      return code
    }
  }

  /// File names and damaged text may hold line breaks and control characters.
  private static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      if scalar.properties.generalCategory == .control {
        line += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
