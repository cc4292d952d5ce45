import ArgumentParser
import Attend
import AttendBase

/// Choices of a text's tokens and of its end.
struct SamplingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "0 takes the most probable token; higher is livelier. (default: 0; 1 with --top-k or --top-p)", valueName: "t"))
  var temperature: Float?

  @Option(help: ArgumentHelp("Choose among the k most probable tokens.", valueName: "k"))
  var topK: Int?

  @Option(help: ArgumentHelp("Choose among the most probable tokens that together have probability p.", valueName: "p"))
  var topP: Float?

  @Option(help: ArgumentHelp("The same seed gives the same text.", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("At most this many tokens.", valueName: "n"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "End the text at this string, which is not printed. May be given several times.", valueName: "text"))
  var stop: [String] = []

  func validate() throws {
    if let temperature, !(temperature.isFinite && temperature >= 0) {
      throw ValidationError("--temperature is \(temperature); it must be 0 or more")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); it must be 1 or more") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p is \(topP); it must be above 0 and at most 1")
    }
    if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens is \(maxTokens); it must be 1 or more") }
    if stop.contains(where: \.isEmpty) { throw ValidationError("--stop is empty") }
  }

  var options: GenerationOptions {
    // Whoever names a choice wants one.
    let temperature = temperature ?? (topK == nil && topP == nil ? 0 : 1)
    return GenerationOptions(
      sampling: Sampling(temperature: temperature, topK: topK, topP: topP, seed: seed), maxTokens: maxTokens,
      stopStrings: stop)
  }
}

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continues a text, or answers it with --chat.",
    discussion: """
      The text appears as it is made. Without --chat it goes on where the prompt ends, as the model finds probable.

      Examples:
        attend generate "The capital of France is"
        attend generate --chat "What is the capital of France?"
        attend generate --temperature 0.8 --top-p 0.9 --seed 7 "Once upon a time"
        attend generate --stop "." --json < prompt.txt
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var speculation: SpeculationOptions

  @Flag(help: "Put the prompt as a question through the model's chat template.")
  var chat = false

  @Option(help: ArgumentHelp("With --chat: what the model is told first.", valueName: "text"))
  var instructions: String?

  @OptionGroup var common: CommonOptions

  @Argument(
    help: ArgumentHelp(
      "The text to go on from; - or nothing reads standard input, without its last line break.", valueName: "prompt"))
  var prompt: String?

  func validate() throws {
    if instructions != nil, !chat { throw ValidationError("--instructions needs --chat") }
    if prompt == nil, Terminal.inputIsTerminal {
      throw ValidationError("there is no prompt: give one as an argument or through standard input")
    }
  }

  func run() async throws {
    let path = try model.path()
    let text = try readPrompt()
    let language = try await common.load(path, draft: speculation.draft)
    let options = speculation.apply(to: sampling.options)
    let generation =
      chat
      ? ChatSession(language, instructions: instructions).reply(to: text, options)
      : language.generate(text, options)
    let (answer, summary) = try await stream(generation, isSilent: common.json)
    if common.json {
      try Terminal.write(json(summary, answer, language).text() + "\n")
    } else {
      try Terminal.write("\n")
      common.statistics(summary.line)
    }
    if summary.reason == .cancelled { throw ExitCode(Interruption.exitCode) }
  }

  private func json(_ summary: GenerationSummary, _ text: String, _ language: LanguageModel) -> JSON {
    var object = summary.json(text: text)
    object["precision"] = JSON(language.precision.rawValue)
    object["threads"] = JSON(Hardware.threads)
    var stages = JSON.Object()
    for (stage, seconds) in language.loadTimes { stages[stage] = JSON(seconds) }
    object["load_seconds"] = .object(stages)
    return .object(object)
  }

  private func readPrompt() throws -> String {
    if let prompt, prompt != "-" { return prompt }
    var text = try Terminal.readAll()
    // "\r\n" is one character.
    if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    return text
  }
}

/// Prints a text as it comes; Ctrl-C ends it.
/// - Returns: the whole text and how it ended.
func stream(_ generation: Generation, isSilent: Bool = false) async throws -> (String, GenerationSummary) {
  let stop: @Sendable () -> Void = { generation.cancel() }
  return try await Interruption.shared.handling(stop) {
    var text = ""
    for try await event in generation {
      switch event {
      case .text(let piece):
        text += piece
        if !isSilent { try Terminal.write(piece) }
      case .finished(let summary): return (text, summary)
      case .started, .token: break
      }
    }
    throw CancellationError()
  }
}
