import ArgumentParser
import Attend
import AttendBase

struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "A conversation with a model.",
    discussion: """
      Every line of standard input is a message. A line that begins with a slash is an instruction: /help lists them.
      Ctrl-C stops an answer; with none running it ends the program, as Ctrl-D does.

      Examples:
        attend chat
        attend chat --instructions "You answer in one sentence." --top-p 0.9
        attend chat --session talk.json
        attend chat --tools tools.json
        printf 'What is attention?\\nShorter, please.\\n' | attend chat --quiet
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var adapters: AdapterOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var constraint: ConstraintOptions
  @OptionGroup var speculation: SpeculationOptions

  @Option(help: ArgumentHelp("What the model is told before the conversation.", valueName: "text"))
  var instructions: String?

  @Option(
    help: ArgumentHelp(
      "Go on with the conversation in this file, if there is one, and keep it there after every answer.",
      valueName: "file"))
  var session: String?

  @Option(
    help: ArgumentHelp(
      """
      Functions that the model may ask for: a JSON file with a list as chat templates take it. Calls are printed; \
      /tool tells what they gave.
      """,
      valueName: "file"))
  var tools: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let isInteractive = Terminal.inputIsTerminal && Terminal.outputIsTerminal
    let path = try model.path()
    let constraint = try constraint.constraint()
    let tools = try tools.map { try Tools(json: TextFile.read($0)) }
    let language = try await common.load(path, draft: speculation.draft, adapters: adapters)
    var dialogue = try ChatDialogue(
      language, instructions: instructions, tools: tools, sampling: sampling, file: session)
    dialogue.constraint = constraint
    if isInteractive { common.note("Type a message; /help lists what else there is, Ctrl-D ends.") }
    var lines = Terminal.LineReader()
    conversation: while true {
      if isInteractive { try Terminal.write("> ") }
      guard let line = try lines.next() else { break }
      do {
        switch try dialogue.take(ChatInput(line), say: say) {
        case .wait: continue
        case .end: break conversation
        case .answer(let question): try await answer(question, &dialogue)
        }
      } catch let error as AttendError where isInteractive {
        // A person can try something else; a program's input ends at its first mistake.
        Terminal.complain("error: \(error)")
      }
    }
    if isInteractive { try Terminal.write("\n") }
  }

  private func say(_ text: String) throws {
    let note: JSON = ["note": JSON(text)]
    try Terminal.write((common.json ? note.text() : text) + "\n")
  }

  private func answer(_ question: ChatDialogue.Question, _ dialogue: inout ChatDialogue) async throws {
    let options = speculation.apply(to: dialogue.options(for: question))
    let answer = try await stream(dialogue.reply(to: question, options), isSilent: common.json)
    try Terminal.write(common.json ? json(answer).text() + "\n" : "\n")
    if !common.json { common.statistics(answer.summary.line) }
    try dialogue.didAnswer(question)
  }

  private func json(_ answer: Streamed) -> JSON {
    var object = answer.summary.json(text: answer.text)
    if tools != nil {
      object["tool_calls"] = .array(
        answer.toolCalls.map { call in
          let arguments = (try? JSON(parsing: call.arguments, source: call.name)) ?? JSON(call.arguments)
          return ["id": call.id.map { JSON($0) } ?? .null, "name": JSON(call.name), "arguments": arguments]
        })
    }
    return .object(object)
  }
}
