import ArgumentParser
import Attend
import AttendBase

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
        attend generate --min-p 0.1 --dry-multiplier 0.8 --samples 3 "Once upon a time"
        attend generate --chat --json-schema person.json "Make up a person."
        attend generate --grammar 'root ::= "yes" | "no"' "Is the sky blue? Answer:"
        attend generate --beams 4 --samples 2 --max-tokens 20 "The weather in London"
        attend generate --log-probabilities 5 --max-tokens 3 --json "The capital of France is"
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var adapters: AdapterOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var constraint: ConstraintOptions
  @OptionGroup var beams: BeamSearchOptions
  @OptionGroup var speculation: SpeculationOptions

  @Option(
    help: ArgumentHelp(
      "Write n answers at once; with --seed the first is that seed's, with --beams they are the n best.", valueName: "n"
    ))
  var samples = 1

  @Option(
    help: ArgumentHelp(
      "With --json: how probable each token was, and the n most probable ones in its place.", valueName: "n"))
  var logProbabilities: Int?

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
    if !(1...1000).contains(samples) { throw ValidationError("--samples is \(samples); it must be from 1 to 1000") }
    if let logProbabilities {
      guard (0...1000).contains(logProbabilities) else {
        throw ValidationError("--log-probabilities is \(logProbabilities); it must be from 0 to 1000")
      }
      guard common.json else { throw ValidationError("--log-probabilities needs --json") }
    }
    if beams.isAsked {
      try beams.check(with: sampling, speculation)
      if logProbabilities != nil { throw ValidationError("--log-probabilities does not go with --beams") }
      if samples > beams.options.beams {
        throw ValidationError("--samples is \(samples), more than the \(beams.options.beams) beams")
      }
    }
    if prompt == nil, Terminal.inputIsTerminal {
      throw ValidationError("there is no prompt: give one as an argument or through standard input")
    }
  }

  func run() async throws {
    let path = try model.path()
    let text = try readPrompt()
    let constraint = try constraint.constraint()
    let language = try await common.load(path, draft: speculation.draft, adapters: adapters)
    if beams.isAsked {
      var options = beams.options
      options.maxTokens = sampling.maxTokens
      options.constraint = constraint
      return try await search(text, options, language)
    }
    var options = speculation.apply(to: sampling.options)
    options.logProbabilities = logProbabilities
    options.constraint = constraint
    let generations = (0..<samples).map { index in
      let options = options.forSample(index)
      return chat
        ? ChatSession(language, instructions: instructions).reply(to: text, options)
        : language.generate(text, options)
    }
    // Several answers at once would mix on the terminal: they come one after another.
    var answers: [Streamed] = []
    for (index, generation) in generations.enumerated() {
      if samples > 1, !common.json { try Terminal.write("\(index == 0 ? "" : "\n")[\(index + 1)]\n") }
      let answer = try await stream(generation, isSilent: common.json)
      answers.append(answer)
      if !common.json {
        try Terminal.write("\n")
        common.statistics(answer.summary.line)
      }
      if answer.summary.reason == .cancelled {
        for other in generations { other.cancel() }
        break
      }
    }
    if common.json {
      let objects = answers.map { json($0, language) }
      try Terminal.write((samples == 1 ? objects[0] : .array(objects)).text() + "\n")
    }
    if answers.contains(where: { $0.summary.reason == .cancelled }) { throw ExitCode(Interruption.exitCode) }
  }

  private func json(_ answer: Streamed, _ language: LanguageModel) -> JSON {
    var object = answer.summary.json(text: answer.text)
    if logProbabilities != nil {
      func entry(_ entry: LogProbabilities.Entry) -> JSON {
        [
          "id": JSON(Int(entry.token)), "text": JSON((try? language.detokenize([entry.token])) ?? ""),
          "log_probability": JSON(Double(entry.logProbability)),
        ]
      }
      object["tokens"] = .array(
        answer.logProbabilities.map { token in
          guard case .object(var fields) = entry(token.chosen) else { return .null }
          fields["most_probable"] = .array(token.most.map(entry))
          return .object(fields)
        })
    }
    object["precision"] = JSON(language.precision.rawValue)
    object["threads"] = JSON(Hardware.threads)
    var stages = JSON.Object()
    for (stage, seconds) in language.loadTimes { stages[stage] = JSON(seconds) }
    object["load_seconds"] = .object(stages)
    return .object(object)
  }

  /// Prints the best of what a beam search finds.
  private func search(_ text: String, _ options: BeamOptions, _ language: LanguageModel) async throws {
    let work = Task { [chat, instructions] in
      chat
        ? try await ChatSession(language, instructions: instructions).beamSearch(text, options)
        : try await language.beamSearch(text, options)
    }
    let found: BeamAnswers
    do {
      found = try await Interruption.shared.handling({ work.cancel() }, { try await work.value })
    } catch is CancellationError {
      throw ExitCode(Interruption.exitCode)
    }
    let answers = found.answers.prefix(samples)
    if common.json {
      let objects = answers.map { json($0, found, language) }
      return try Terminal.write((samples == 1 ? objects[0] : .array(objects)).text() + "\n")
    }
    for (index, answer) in answers.enumerated() {
      if samples > 1 { try Terminal.write("\(index == 0 ? "" : "\n")[\(index + 1)]\n") }
      try Terminal.write(answer.text + "\n")
    }
    let rate = found.decodeSeconds > 0 ? Double(found.steps) / found.decodeSeconds : 0
    common.statistics(
      "prompt: \(found.promptTokens) tokens; \(found.steps) steps of \(options.beams) beams, "
        + "\(Numbers.fixed(rate, 1)) steps/s")
  }

  private func json(_ answer: BeamAnswers.Answer, _ found: BeamAnswers, _ language: LanguageModel) -> JSON {
    [
      "text": JSON(answer.text), "score": JSON(answer.score),
      "finish_reason": answer.reason == .length ? "length" : "end", "generated_tokens": JSON(answer.tokens.count),
      "prompt_tokens": JSON(found.promptTokens), "beams": JSON(beams.options.beams), "steps": JSON(found.steps),
      "prompt_seconds": JSON(found.promptSeconds), "decode_seconds": JSON(found.decodeSeconds),
      "precision": JSON(language.precision.rawValue), "threads": JSON(Hardware.threads),
    ]
  }

  private func readPrompt() throws -> String {
    if let prompt, prompt != "-" { return prompt }
    var text = try Terminal.readAll()
    // "\r\n" is one character.
    if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    return text
  }
}

/// An answer that has been written.
struct Streamed {
  var text = ""
  var logProbabilities: [LogProbabilities] = []
  var toolCalls: [ToolCall] = []
  var summary: GenerationSummary
}

/// Prints a text as it comes; Ctrl-C ends it.
func stream(_ generation: Generation, isSilent: Bool = false) async throws -> Streamed {
  let stop: @Sendable () -> Void = { generation.cancel() }
  return try await Interruption.shared.handling(stop) {
    var text = ""
    var logProbabilities: [LogProbabilities] = []
    var toolCalls: [ToolCall] = []
    for try await event in generation {
      switch event {
      case .text(let piece):
        text += piece
        if !isSilent { try Terminal.write(piece) }
      case .logProbabilities(let token): logProbabilities.append(token)
      case .toolCall(let call):
        toolCalls.append(call)
        if !isSilent { try Terminal.write("\(call.name)(\(call.arguments))\n") }
      case .finished(let summary):
        return Streamed(text: text, logProbabilities: logProbabilities, toolCalls: toolCalls, summary: summary)
      case .started, .token: break
      }
    }
    throw CancellationError()
  }
}
