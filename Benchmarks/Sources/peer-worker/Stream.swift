import AttendBase
import CAttend
import CPeak

/// Reads `bytes` of memory once on all threads: what a decode step with as many bytes of weights cannot beat.
func readMemory(bytes: Int) throws -> () throws -> Void {
  guard let start = at_alloc(bytes) else { throw AttendError(.limitExceeded, "no memory for \(bytes) bytes") }
  // Every page is touched, so that it exists.
  let memory = UnsafeMutableRawBufferPointer(start: start, count: bytes)
  for place in stride(from: 0, to: bytes, by: 4096) { memory[place] = 1 }
  let piece = 1 << 18
  let read: at_range_body = { context, begin, end in
    guard let memory = context?.assumingMemoryBound(to: UnsafeRawBufferPointer.self).pointee else { return }
    let (from, to) = (begin << 18, min(end << 18, memory.count))
    let sum = memory.baseAddress.map { peak_read($0 + from, to - from) }
    // The sum is looked at, so that it has to be computed; no memory holds this many ones.
    if sum == .max { print("full") }
  }
  return {
    var view = UnsafeRawBufferPointer(memory)
    at_parallel_for((bytes + piece - 1) / piece, 4, read, &view)
  }
}
