/* examples/attention.c - who looks at whom: the attention of a sentence, all layers and heads, as one HTML page.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   attention MODEL "a text" ["a second text"] > attention.html
   The page needs nothing but a browser: numbers, style and script are inside.
   cc -O2 attention.c -lm -pthread */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <stdio.h>
#include <stdlib.h>

static const char head[] =
    "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>Attention</title><style>\n"
    ":root{--bg:#fbfaf7;--fg:#23221f;--dim:#8a867c;--line:#d8d4ca;--hot:#c2410c}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#161614;--fg:#eceae4;--dim:#8f8b82;--line:#33322e;--hot:#fb923c}}\n"
    "body{margin:2rem auto;max-width:76rem;padding:0 1.5rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.3rem;font-weight:600;margin:0 0 .2rem}p{margin:.2rem 0 1rem;color:var(--dim)}\n"
    "main{display:flex;flex-wrap:wrap;gap:2.5rem;align-items:flex-start}\n"
    "#grid{display:grid;gap:3px;font:11px system-ui;color:var(--dim);align-items:center;justify-items:center}\n"
    "#grid canvas{width:34px;height:34px;image-rendering:pixelated;border:1px solid var(--line);cursor:pointer;display:block}\n"
    "#grid canvas.on{outline:2px solid var(--hot)}svg{overflow:visible}svg text{font:15px ui-monospace,Consolas,monospace;fill:var(--fg);cursor:default}\n"
    "svg text.special{fill:var(--dim)}svg text.off{opacity:.25}svg path{fill:none;stroke:var(--hot)}svg .p{font-size:11px;fill:var(--hot)}\n"
    "</style><h1>Who looks at whom</h1><p id='what'></p><main><div id='grid'></div><svg id='view'></svg></main><script>\n";
static const char script[] =
    "const N=T.length,A='ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',V={};[...A].forEach((c,i)=>V[c]=i);\n"
    "const P=(l,h,q,k)=>{const i=2*(((l*H+h)*N+q)*N+k);return(V[D[i]]*64+V[D[i+1]])/4095};\n"
    "const M=(l,h,q,k)=>h>=0?P(l,h,q,k):[...Array(H).keys()].reduce((s,x)=>s+P(l,x,q,k),0)/H;\n"
    "const dark=matchMedia('(prefers-color-scheme:dark)').matches,E=(n,a,t)=>{const e=document.createElementNS('http://www.w3.org/2000/svg',n);for(const k in a)e.setAttribute(k,a[k]);if(t!=null)e.textContent=t;return e};\n"
    "let L0=0,H0=0,Q=-1,best=-1;const S=T.map(t=>/^\\[.*\\]$/.test(t));\n"                 /* first the head that looks farthest: not where all look, nor at neighbours */
    "for(let l=0;l<L;l++)for(let h=0;h<H;h++){const c=T.map((_,k)=>T.reduce((s,_,q)=>s+P(l,h,q,k),0)/N);let s=0;for(let q=0;q<N;q++){let m=0;for(let k=0;k<N;k++)if(!S[k]&&/[\\p{L}\\p{N}]/u.test(T[k])&&Math.abs(k-q)>1)m=Math.max(m,P(l,h,q,k)-c[k]);s+=m}if(s>best){best=s;L0=l;H0=h}}\n"
    "const grid=document.getElementById('grid'),view=document.getElementById('view'),cells=[];\n"
    "grid.style.gridTemplateColumns=`auto repeat(${H+1},auto)`;\n"
    "const lab=t=>{const d=document.createElement('div');d.textContent=t;grid.append(d)};lab('');lab('mean');for(let h=0;h<H;h++)lab(h+1);\n"
    "for(let l=0;l<L;l++){lab('layer '+(l+1));for(let h=-1;h<H;h++){const c=document.createElement('canvas');c.width=c.height=N;\n"
    "const x=c.getContext('2d'),I=x.createImageData(N,N);for(let q=0;q<N;q++)for(let k=0;k<N;k++){const p=Math.sqrt(M(l,h,q,k)),i=4*(q*N+k),\n"
    "a=dark?[22,22,20]:[251,250,247],b=dark?[251,146,60]:[194,65,12];for(let j=0;j<3;j++)I.data[i+j]=a[j]+(b[j]-a[j])*p;I.data[i+3]=255}\n"
    "x.putImageData(I,0,0);c.title=`layer ${l+1}, `+(h<0?'mean of the heads':`head ${h+1}`);c.onclick=()=>{L0=l;H0=h;draw()};c.l=l;c.h=h;cells.push(c);grid.append(c)}}\n"
    "function draw(){cells.forEach(c=>c.className=c.l==L0&&c.h==H0?'on':'');const R=24,W=Math.max(...T.map(t=>t.length))*9.1,X=W+12,Y=X+230;\n"
    "view.setAttribute('width',Y+W+50);view.setAttribute('height',N*R+10);view.replaceChildren();\n"
    "for(let q=0;q<N;q++){if(Q>=0&&q!=Q)continue;for(let k=0;k<N;k++){const p=M(L0,H0,q,k);if(p<.01)continue;const a=q*R+15,b=k*R+15;\n"
    "view.append(E('path',{d:`M${X} ${a}C${X+90} ${a} ${Y-90} ${b} ${Y} ${b}`,'stroke-opacity':Math.min(1,p*(Q<0?1:1.4)),'stroke-width':.6+3.4*p}))}}\n"
    "for(let s=0;s<2;s++)for(let i=0;i<N;i++){const p=s&&Q>=0?M(L0,H0,Q,i):1,t=E('text',{x:s?Y+8:X-8,y:i*R+20,'text-anchor':s?'start':'end',\n"
    "class:(S[i]?'special ':'')+(Q>=0&&(s?p<.02:i!=Q)?'off':'')},T[i]);if(!s){t.onmouseenter=()=>{Q=i;draw()};t.style.cursor='pointer'}view.append(t);\n"
    "if(s&&Q>=0&&p>=.02)view.append(E('text',{x:Y+14+T[i].length*9.1,y:i*R+19,class:'p'},Math.round(100*p)+' %'))}\n"
    "document.getElementById('what').textContent=`Layer ${L0+1} of ${L}, ${H0<0?'the mean of its '+H+' heads':'head '+(H0+1)+' of '+H}. The token on the left takes what it needs from those on the right: point at one. Click a square for another head.`}\n"
    "view.onmouseleave=()=>{Q=-1;draw()};draw();\n";

int main(int argc, char **argv)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_session_desc sd = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    bert_pair_desc pair = { 0 };
    bert_encoding e = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int32_t ids[128], segments[128];
    int64_t offsets[2] = { 0, 0 }, layers, heads, n, i;
    char quoted[2000];
    size_t k, size;
    if (argc < 3) { fprintf(stderr, "usage: attention MODEL TEXT [SECOND TEXT] > attention.html\n"); return 2; }

    md.path = argv[1];
    md.error = td.error = sd.error = pair.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) { fprintf(stderr, "attention: %s\n", err.message); return 1; }
    layers = bert_model_config(model)->layers;
    heads = bert_model_config(model)->heads;
    sd.model = model;
    pair.max_tokens = 128;                              /* a page that can still be looked at */
    e.ids = ids;
    e.segment_ids = segments;
    e.capacity = 128;
    if (bert_session_open(&sd, &session) || bert_tokenizer_encode_pair(tok, &pair, argv[2], strlen(argv[2]), argc > 3 ? argv[3] : NULL, argc > 3 ? strlen(argv[3]) : 0, &e)) {
        fprintf(stderr, "attention: %s\n", err.message);
        return 1;
    }

    n = offsets[1] = (int64_t)e.count;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    batch.segment_ids = segments;
    result.attention = calloc((size_t)layers, sizeof *result.attention);
    for (i = 0; result.attention && i < layers; i++)    /* [heads, n, n] for each layer */
        if (!(result.attention[i] = malloc((size_t)(heads * n * n) * sizeof(float)))) return 1;
    if (!result.attention || bert_session_run(session, &batch, &result, &err)) { fprintf(stderr, "attention: %s\n", err.message); return 1; }

    fputs(head, stdout);
    printf("const L=%d,H=%d,T=[", (int)layers, (int)heads);
    for (i = 0; i < n; i++) {
        const char *token = bert_tokenizer_token(tok, ids[i], &size);
        size = bert_json_quote(token, size, 1, quoted, sizeof quoted);
        printf("%s", i ? "," : "");
        for (k = 0; k < size && size <= sizeof quoted; k++) {           /* "</script>" must not end the script */
            if (quoted[k] == '<') fputs("\\u003c", stdout);
            else putchar(quoted[k]);
        }
    }
    printf("];\nconst D='");
    for (i = 0; i < layers; i++)                        /* a probability is two digits of 64 */
        for (k = 0; k < (size_t)(heads * n * n); k++) {
            const int v = (int)(result.attention[i][k] * 4095 + 0.5f);
            putchar(digits[v >> 6 & 63]);
            putchar(digits[v & 63]);
        }
    printf("';\n%s</script></html>\n", script);

    for (i = 0; i < layers; i++) free(result.attention[i]);
    free((void *)result.attention);
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return fflush(stdout) ? 1 : 0;
}
