import ArgumentParser
import Attend
import AttendBase

struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "A conversation with a model.",
    discussion: """
      Every line of standard input is a message. Ctrl-C stops an answer; with none running it ends the program, as Ctrl-D
      does.

      Examples:
        attend chat
        attend chat --instructions "You answer in one sentence." --top-p 0.9
        printf 'What is attention?\\nShorter, please.\\n' | attend chat --quiet
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var speculation: SpeculationOptions

  @Option(help: ArgumentHelp("What the model is told before the conversation.", valueName: "text"))
  var instructions: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let isInteractive = Terminal.inputIsTerminal && Terminal.outputIsTerminal
    let path = try model.path()
    let language = try await common.load(path, draft: speculation.draft)
    let chat = ChatSession(language, instructions: instructions)
    let options = speculation.apply(to: sampling.options)
    var lines = Terminal.LineReader()
    while true {
      if isInteractive { try Terminal.write("> ") }
      guard let line = try lines.next() else { break }
      // An empty line is no message.
      if line.allSatisfy(\.isWhitespace) { continue }
      do {
        let answer = try await stream(chat.reply(to: line, options), isSilent: common.json)
        try Terminal.write(common.json ? JSON.object(answer.summary.json(text: answer.text)).text() + "\n" : "\n")
        if !common.json { common.statistics(answer.summary.line) }
      } catch let error as AttendError where isInteractive && error.code == .contextOverflow {
        Terminal.complain("error: \(error)")
      }
    }
    if isInteractive { try Terminal.write("\n") }
  }
}
