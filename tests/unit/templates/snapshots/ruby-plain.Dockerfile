FROM ruby:3.4-slim
RUN useradd --create-home --uid 1000 app
WORKDIR /app
ENV PORT=3000 LANG=C.UTF-8 RACK_ENV=production APP_ENV=production MALLOC_ARENA_MAX=2
COPY --chown=app:app src/ ./
USER app
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec ruby main.rb"]
