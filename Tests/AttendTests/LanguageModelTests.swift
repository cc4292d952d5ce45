import Attend
import AttendBase
import AttendTestSupport
import Testing

@Suite struct LanguageModelTests {
  private let tiny = ModelLocation.file(TestFixtures.path("golden/llama-gguf-f32/model.gguf"))

  @Test func infoTellsWhatTheModelIs() async throws {
    let model = try await LanguageModel.load(from: tiny)
    #expect(model.info.architecture == "llama" && model.info.format == "GGUF" && model.info.isSupported)
    #expect(model.info.layers == 2 && model.info.width == 64)
    #expect(model.info.vocabularySize == 288 && model.vocabularySize == 288)
    #expect(model.info.contextLength == 256 && model.contextLength == 256)
    #expect(model.info.parameters == 67_904)
    #expect(model.info.weights.map(\.type) == ["F32"])
    #expect(model.info.hasTokenizer && model.info.hasChatTemplate)
    #expect(model.precision == model.info.defaultPrecision)
    #expect(model.weightBytes > 67_904)
    let folder = try await LanguageModel.load(from: .directory(TestFixtures.path("golden/llama3")), precision: .fast)
    #expect(folder.precision == .fast && folder.info.architecture == "LlamaForCausalLM")
    #expect(folder.contextLength == 384 && !folder.info.hasTokenizer)
    #expect(folder.generator.endTokens == [2, 3])
  }

  @Test func textBecomesTokensAndBack() async throws {
    let model = try await LanguageModel.load(from: tiny)
    for text in ["It is a truth universally acknowledged", "naïve 🙂 <|im_end|>", ""] {
      let ids = try model.tokenize(text)
      #expect(try model.detokenize(ids) == text)
      #expect(!ids.contains { (try? model.tokenizer.isSpecial($0)) ?? true })
    }
  }

  @Test func anEmptyPromptIsRefused() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let error = await #expect(throws: AttendError.self) { try await model.generate("").result() }
    #expect(error?.code == .invalidInput)
    let long = await #expect(throws: AttendError.self) {
      try await model.generate(String(repeating: "x y ", count: 300)).result()
    }
    #expect(long?.code == .contextOverflow && long?.message.contains("256") == true)
  }

  @Test func anUnknownArchitectureIsRefusedByName() async throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: TestFixtures.path("golden/llama2/model.safetensors"))
    try writeAtomically(to: folder("model.safetensors"), file.withUnsafeBytes { Array($0) })
    try writeAtomically(to: folder("config.json"), Array(#"{"architectures": ["NopeForCausalLM"]}"#.utf8))
    let error = await #expect(throws: AttendError.self) { try await LanguageModel.load(from: .directory(folder.path)) }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("NopeForCausalLM") == true && error?.hint?.contains("LlamaForCausalLM") == true)
    let missing = await #expect(throws: AttendError.self) { try await LanguageModel.load(from: .file(folder("none"))) }
    #expect(missing?.code == .notFound)
    let threads = await #expect(throws: AttendError.self) { try await LanguageModel.load(from: tiny, threads: 0) }
    #expect(threads?.code == .invalidInput)
  }

  @Test func likelihoodOfATextIsThatOfItsTokens() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let text = "It is a truth universally acknowledged, that a single man"
    let ids = try model.tokenize(text, addSpecialTokens: true)
    #expect(try await model.likelihood(of: text) == model.generator.negativeLogLikelihood(of: ids))
    #expect(try await model.likelihood(of: text, limit: 5).predictions == 4)
  }

  // MARK: Conversations

  @Test func aConversationRemembers() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let chat = ChatSession(model, instructions: "Short.")
    #expect(chat.messages == [ChatMessage(role: "system", content: "Short.")])
    let (first, summary) = try await chat.reply(to: "One", maxTokens: 12).result()
    #expect(summary.reusedTokens == 0)
    #expect(
      chat.messages.dropFirst() == [
        ChatMessage(role: "user", content: "One"), .init(role: "assistant", content: first),
      ])
    let (second, next) = try await chat.reply(to: "Two", maxTokens: 12).result()
    // At least the first question comes from memory.
    #expect(next.reusedTokens >= summary.promptTokens - 1)
    #expect(chat.messages.count == 5 && chat.messages[4].content == second)
    // The same conversation told anew gives the same ids.
    let retold = ChatSession(model, history: Array(chat.messages.prefix(3)))
    #expect(try await retold.reply(to: "Two", maxTokens: 12).result().summary.promptTokens == next.promptTokens)
  }

  @Test func repliesToSeveralMessagesComeInTurn() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let chat = ChatSession(model)
    let replies = (0..<3).map { chat.reply(to: "Question \($0)", maxTokens: 5) }
    for reply in replies { _ = try await reply.result() }
    #expect(chat.messages.filter { $0.role == "user" }.map(\.content) == (0..<3).map { "Question \($0)" })
    #expect(chat.messages.map(\.role) == ["user", "assistant", "user", "assistant", "user", "assistant"])
  }

  @Test func anErrorLeavesTheConversationAsItWas() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let chat = ChatSession(model)
    let error = await #expect(throws: AttendError.self) {
      try await chat.reply(to: String(repeating: "x y ", count: 300)).result()
    }
    #expect(error?.code == .contextOverflow)
    #expect(chat.messages.isEmpty)
    _ = try await chat.reply(to: "One", maxTokens: 3).result()
    #expect(chat.messages.count == 2)
  }

  @Test func anotherReplyTakesThePlaceOfTheLast() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let chat = ChatSession(model)
    let (first, _) = try await chat.reply(to: "One", maxTokens: 3).result()
    _ = try await chat.reply(to: "Two", maxTokens: 3).result()
    _ = try await chat.reply(to: "42", role: "tool", GenerationOptions(maxTokens: 3)).result()
    let (second, summary) = try await chat.replyAgain(GenerationOptions(maxTokens: 6)).result()
    #expect(
      chat.messages == [
        ChatMessage(role: "user", content: "One"), ChatMessage(role: "assistant", content: first),
        ChatMessage(role: "user", content: "Two"), ChatMessage(role: "assistant", content: second),
      ])
    // What comes after the message plays no part in its answer.
    let fresh = ChatSession(model, history: Array(chat.messages.prefix(2)))
    #expect(try await fresh.reply(to: "Two", maxTokens: 6).result().summary.promptTokens == summary.promptTokens)
  }

  @Test func anErrorKeepsTheMessageThatWasToBeAnsweredAgain() async throws {
    let model = try await LanguageModel.load(from: tiny)
    let chat = ChatSession(model)
    let empty = await #expect(throws: AttendError.self) { try await chat.replyAgain().result() }
    #expect(empty?.code == .invalidInput)
    #expect(chat.messages.isEmpty)
    _ = try await chat.reply(to: "One", maxTokens: 3).result()
    chat.instructions = String(repeating: "x y ", count: 300)
    let before = chat.messages
    let long = await #expect(throws: AttendError.self) { try await chat.replyAgain().result() }
    #expect(long?.code == .contextOverflow)
    #expect(chat.messages == before)
    chat.instructions = nil
    _ = try await chat.replyAgain(GenerationOptions(maxTokens: 3)).result()
    #expect(chat.messages == Array(before.dropFirst()))
  }
}

@Suite(.enabled(if: TestModels.smolLM2 != nil, "run scripts/fetch-models smollm2"), .serialized)
struct RealModelTests {
  @Test(arguments: [Precision.exact, .fast]) func theCapitalOfFranceIsParis(precision: Precision) async throws {
    let model = try await LanguageModel.load(from: .file(try #require(TestModels.smolLM2)), precision: precision)
    #expect(try model.tokenize("The capital of France is") == [504, 3575, 282, 4649, 314])
    let (text, summary) = try await model.generate("The capital of France is", maxTokens: 4).result()
    #expect(text.hasPrefix(" Paris"))
    #expect(summary.promptTokens == 5)
    let chat = ChatSession(model, instructions: "You answer in one sentence.")
    let (answer, first) = try await chat.reply(to: "What is the capital of France?", maxTokens: 40).result()
    #expect(answer == "The capital of France is Paris.")
    guard case .endOfText = first.reason else {
      Issue.record("\(first.reason)")
      return
    }
    let (next, second) = try await chat.reply(to: "And of Italy?", maxTokens: 40).result()
    #expect(next.contains("Rome"))
    #expect(second.reusedTokens >= first.promptTokens + first.generatedTokens)
  }
}
