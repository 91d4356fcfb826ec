#!/usr/bin/env python3
"""bert.py - the library from Python, through ctypes: one file, nothing but the standard library.
SPDX-License-Identifier: MIT-0 OR Unlicense

    examples/bert.py --build                once: compiles examples/bin/libbert.so ($CC, $CFLAGS)
    examples/bert.py MODEL "a text" "another"

    import bert
    with bert.Model("examples/models/reviews") as m:
        m.tokens("a text")                  # [("a", 0, 1), ("text", 2, 6)]: token, first byte, end
        m.vectors(["a text", "another"])    # a list of floats for each
        m.classes(["a text"])               # [{"good": 0.9, ...}], where the model has a classifier

The structs below are the public ones of the headers, field by field. When the library is loaded their sizes are compared with
those it was compiled with, so that another version of the header is an error, not a crash.
"""
import ctypes as c
import json
import os
import shlex
import subprocess
import sys

_here = os.path.dirname(os.path.abspath(__file__))
_path = os.environ.get("BERT_LIBRARY") or os.path.join(_here, "bin", "libbert.so")
_source = """
#define BERT_IMPLEMENTATION
#include "bert.h"
const size_t bert_sizes[] = { sizeof(bert_error), sizeof(bert_model_desc), sizeof(bert_tokenizer_desc), sizeof(bert_session_desc), sizeof(bert_encoding), sizeof(bert_embed_desc), sizeof(bert_batch), sizeof(bert_result) };
"""

def build():
    os.makedirs(os.path.dirname(_path), exist_ok=True)
    command = [os.environ.get("CC", "cc")] + shlex.split(os.environ.get("CFLAGS", "-O2")) + ["-shared", "-fPIC", "-DBERT_NO_TRAIN", "-DBERT_NO_DATA", "-I", os.path.join(_here, ".."), "-x", "c", "-", "-o", _path]
    subprocess.run(command + ["-lm", "-pthread"], input=_source.encode(), check=True)

if __name__ == "__main__" and sys.argv[1:] == ["--build"]:
    build()
    sys.exit()
if not os.path.exists(_path):
    raise ImportError("%s is not there: examples/bert.py --build makes it" % _path)
_lib = c.CDLL(_path)
_p, _i32, _i64, _size = c.c_void_p, c.c_int32, c.c_int64, c.c_size_t

def _struct(name, *fields):
    return type(name, (c.Structure,), {"_fields_": list(fields)})

Error = _struct("bert_error", ("offset", _i64), ("line", _i64), ("code", c.c_int), ("path", c.c_char * 256), ("tensor", c.c_char * 128), ("message", c.c_char * 512))
Allocator = _struct("bert_allocator", ("alloc", _p), ("free", _p), ("user", _p))
Parallel = _struct("bert_parallel", ("run", _p), ("user", _p), ("width", _i32))
ModelDesc = _struct("bert_model_desc", ("path", c.c_char_p), ("data", _p), ("size", _size), ("config_path", c.c_char_p), ("config", _p), ("heads", c.c_uint32), ("source", c.c_int),
                    ("activation", c.c_int), ("init_missing", c.c_int), ("labels", _i32), ("seed", c.c_uint64), ("allocator", Allocator), ("error", c.POINTER(Error)))
TokenizerDesc = _struct("bert_tokenizer_desc", ("path", c.c_char_p), ("data", _p), ("size", _size), ("mode", c.c_int), ("lower_case", c.c_int), ("strip_accents", c.c_int), ("cjk", c.c_int),
                        ("clean", c.c_int), ("specials", c.c_int), ("basic", c.c_int), ("max_word", _i32), ("tokens", c.c_char_p * 5), ("never_split", _p), ("never_split_count", _size),
                        ("allocator", Allocator), ("error", c.POINTER(Error)))
SessionDesc = _struct("bert_session_desc", ("model", _p), ("packed", _p), ("precision", c.c_int), ("isa", c.c_int), ("threads", _i32), ("parallel", Parallel), ("max_tokens", _i64),
                      ("budget", _size), ("device", _p), ("allocator", Allocator), ("error", c.POINTER(Error)))
Encoding = _struct("bert_encoding", ("capacity", _size), ("count", _size), ("ids", _p), ("segment_ids", _p), ("words", _p), ("begin", _p), ("end", _p), ("char_begin", _p), ("char_end", _p))
EmbedDesc = _struct("bert_embed_desc", ("normalize", _i32), ("pooling", c.c_int), ("too_long", c.c_int), ("max_length", _i64), ("stride", _i64), ("error", c.POINTER(Error)))
Batch = _struct("bert_batch", ("sequences", _i64), ("offsets", _p), ("ids", _p), ("embeds", _p), ("segment_ids", _p), ("position_ids", _p), ("key_mask", _p), ("score_bias", _p), ("too_long", c.c_int))
Result = _struct("bert_result", ("hidden", _p), ("layers", _p), ("attention", _p), ("pooled", _p), ("vectors", _p), ("pooling", c.c_int), ("normalize", _i32), ("next_sentence", _p),
                 ("classes", _p), ("token_classes", _p), ("spans", _p), ("masked_count", _i64), ("masked_rows", _p), ("words", _p))
if list((_size * 8).in_dll(_lib, "bert_sizes")) != [c.sizeof(t) for t in (Error, ModelDesc, TokenizerDesc, SessionDesc, Encoding, EmbedDesc, Batch, Result)]:
    raise ImportError("bert.py: the structs are of another version than the library")
_lib.bert_tokenizer_token.restype = c.c_char_p
_lib.bert_model_config_text.restype = c.c_void_p

class Model:
    """A folder, file, zip or TensorFlow prefix, opened with its tokenizer and a session. Of one thread at a time."""

    def __init__(self, path, threads=0):
        self.error, self._open = Error(), []
        desc = ModelDesc(path=os.fsencode(path), error=c.pointer(self.error))
        self.model = self._object("bert_model", c.byref(desc))
        desc = TokenizerDesc(error=c.pointer(self.error))
        self.tokenizer = self._object("bert_tokenizer", self.model, c.byref(desc), 0, open_name="bert_model_tokenizer")
        desc = SessionDesc(model=self.model, threads=threads, error=c.pointer(self.error))
        self.session = self._object("bert_session", c.byref(desc))
        size = _size()
        text = _lib.bert_model_config_text(self.model, c.byref(size))
        config = json.loads(c.string_at(text, size.value)) if text else {}
        self.width = config.get("hidden_size", 0)
        self.labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))] if "id2label" in config else []

    def _object(self, name, *args, open_name=None):
        out = _p()
        self._must(getattr(_lib, open_name or name + "_open")(*args, c.byref(out)))
        self._open.append((name, out))
        return out

    def _must(self, status):
        if status:
            raise RuntimeError(self.error.message.decode() or "bert: status %d" % status)

    def close(self):
        while self._open:
            name, what = self._open.pop()
            getattr(_lib, name + "_close")(what)

    __enter__, __exit__ = lambda self: self, lambda self, *_: self.close()

    def _encode(self, text):
        data = text.encode()
        room = len(data) + 3
        ids, begin, end = (_i32 * room)(), (_size * room)(), (_size * room)()
        e = Encoding(capacity=room, ids=c.addressof(ids), begin=c.addressof(begin), end=c.addressof(end))
        self._must(_lib.bert_tokenizer_encode_pair(self.tokenizer, None, data, _size(len(data)), None, _size(0), c.byref(e)))
        return ids[:e.count], begin[:e.count], end[:e.count]

    def tokens(self, text):
        ids, begin, end = self._encode(text)
        return [(_lib.bert_tokenizer_token(self.tokenizer, i, None).decode(), b, e) for i, b, e in zip(ids, begin, end)][1:-1]

    def vectors(self, texts):
        data = [t.encode() for t in texts]
        out = (c.c_float * (len(data) * self.width))()
        desc = EmbedDesc(normalize=1, error=c.pointer(self.error))
        self._must(_lib.bert_embed_desc_read(self.model, c.byref(desc), c.byref(self.error)))
        self._must(_lib.bert_session_embed(self.session, self.tokenizer, c.byref(desc), (c.c_char_p * len(data))(*data), (_size * len(data))(*map(len, data)), _i64(len(data)), out))
        return [out[i:i + self.width] for i in range(0, len(out), self.width)]

    def classes(self, texts):
        if not self.labels:
            raise RuntimeError("the model's config names no labels")
        rows = [self._encode(t)[0] for t in texts]
        flat, offsets, n = sum(rows, []), [0], len(self.labels)
        for r in rows:
            offsets.append(offsets[-1] + len(r))
        ids, place, out = (_i32 * len(flat))(*flat), (_i64 * len(offsets))(*offsets), (c.c_float * (len(rows) * n))()
        self._must(_lib.bert_session_run(self.session, c.byref(Batch(sequences=len(rows), offsets=c.addressof(place), ids=c.addressof(ids))), c.byref(Result(classes=c.addressof(out))), c.byref(self.error)))
        _lib.bert_softmax(out, _i64(len(rows)), _i64(n))
        return [dict(zip(self.labels, out[i:i + n])) for i in range(0, len(out), n)]

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: bert.py MODEL TEXT ...")
    with Model(sys.argv[1]) as m:
        texts = sys.argv[2:]
        v = m.vectors(texts)
        for t, x in zip(texts, v):
            print(" ".join(token for token, _, _ in m.tokens(t)), "| cosine to the first: %.3f" % sum(p * q for p, q in zip(v[0], x)))
        for t, p in zip(texts, m.classes(texts) if m.labels else []):
            print("%-8s %.3f  %s" % (max(p, key=p.get), max(p.values()), t))
