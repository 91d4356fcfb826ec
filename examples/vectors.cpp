// vectors.cpp - from C++: objects that close themselves, errors as exceptions, std::string and std::vector
// SPDX-License-Identifier: MIT-0 OR Unlicense
//
//    c++ -O2 vectors.cpp -lm -pthread && ./a.out MODEL "a text" "another"        prints the cosine of every pair
//
// The header compiles as C++11 and later. A dozen lines make of the C objects what C++ expects; the rest is as in C.
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

template <class T, void (*close)(T *)> struct closer { void operator()(T *p) const { close(p); } };
typedef std::unique_ptr<bert_model, closer<bert_model, bert_model_close> > model_ptr;
typedef std::unique_ptr<bert_tokenizer, closer<bert_tokenizer, bert_tokenizer_close> > tokenizer_ptr;
typedef std::unique_ptr<bert_session, closer<bert_session, bert_session_close> > session_ptr;

class embedder {
    bert_error error_ = {};
    model_ptr model_;                                   // closed in the opposite order: session, tokenizer, model
    tokenizer_ptr tokenizer_;
    session_ptr session_;
    bert_embed_desc how_ = {};

    void must(bert_status status) { if (status != BERT_OK) throw std::runtime_error(error_.message); }

public:
    explicit embedder(const std::string &path)
    {
        bert_model_desc md = {};
        bert_tokenizer_desc td = {};
        bert_session_desc sd = {};
        bert_model *model = nullptr;
        bert_tokenizer *tokenizer = nullptr;
        bert_session *session = nullptr;
        md.path = path.c_str();
        md.error = td.error = sd.error = how_.error = &error_;
        must(bert_model_open(&md, &model));
        model_.reset(model);
        must(bert_model_tokenizer(model, &td, BERT_DEFAULT, &tokenizer));
        tokenizer_.reset(tokenizer);
        sd.model = model;
        must(bert_session_open(&sd, &session));
        session_.reset(session);
        must(bert_embed_desc_read(model, &how_, &error_));
        how_.normalize = 1;
    }
    embedder(const embedder &) = delete;                // errors are written into this object: it stays where it is
    embedder &operator=(const embedder &) = delete;

    std::size_t width() const { return static_cast<std::size_t>(bert_model_config(model_.get())->hidden_size); }

    std::vector<float> operator()(const std::vector<std::string> &texts)    // [texts, width]
    {
        std::vector<const char *> data;
        std::vector<std::size_t> sizes;
        std::vector<float> out(texts.size() * width());
        for (const std::string &t : texts) { data.push_back(t.data()); sizes.push_back(t.size()); }
        must(bert_session_embed(session_.get(), tokenizer_.get(), &how_, data.data(), sizes.data(), static_cast<std::int64_t>(texts.size()), out.data()));
        return out;
    }
};

int main(int argc, char **argv)
{
    if (argc < 3) { std::fprintf(stderr, "usage: vectors MODEL TEXT ...\n"); return 2; }
    try {
        embedder embed(argv[1]);
        const std::vector<std::string> texts(argv + 2, argv + argc);
        const std::vector<float> v = embed(texts);
        const std::size_t c = embed.width();
        for (std::size_t i = 0; i < texts.size(); i++)
            for (std::size_t k = i; k < texts.size(); k++) {
                float cosine = 0;
                for (std::size_t j = 0; j < c; j++) cosine += v[i * c + j] * v[k * c + j];
                std::printf("%5.2f  %s | %s\n", static_cast<double>(cosine), texts[i].c_str(), texts[k].c_str());
            }
    } catch (const std::exception &e) {
        std::fprintf(stderr, "vectors: %s\n", e.what());
        return 1;
    }
    return 0;
}
