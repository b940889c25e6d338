<?php
/**
 * Plugin Name: Briefcast player
 * Description: Plays a post's audio made with Briefcast: at the top of every post that has some, by the shortcode
 *              [briefcast], or by the block of that name.
 * Version: 1.2
 * Requires at least: 5.8
 * Requires PHP: 7.4
 * License: GPL-3.0-or-later
 *
 * Writes one line, the script that Briefcast serves. Asks Briefcast nothing itself: a page never waits for it.
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** Where Briefcast answers readers, such as https://audio.example, without a slash behind it. */
function briefcast_address() {
	$address = defined( 'BRIEFCAST_ADDRESS' ) ? BRIEFCAST_ADDRESS : get_option( 'briefcast_address', '' );
	return untrailingslashit( esc_url_raw( $address ) );
}

/** The script line for one article; for the post at hand where `article` names none. */
function briefcast_player( $attributes ) {
	$given   = shortcode_atts( array( 'article' => '', 'autoplay' => '' ), $attributes, 'briefcast' );
	$address = briefcast_address();
	$article = $given['article'];
	if ( '' === $article && get_the_ID() ) {
		// Settings that are saved with the field left empty hold an empty text, not nothing.
		$source  = get_option( 'briefcast_source', '' );
		$article = ( '' === $source ? 'wordpress' : $source ) . ':' . get_the_ID();
	}
	if ( '' === $address || ! preg_match( '/^[A-Za-z0-9._-]{1,128}:[A-Za-z0-9._-]{1,128}$/D', $article ) ) {
		return '';
	}
	return sprintf(
		'<script async src="%s/embed.js" data-article="%s"></script>',
		esc_url( $address ),
		esc_attr( $article )
	);
}

/** What a source may be called in Briefcast; `sanitize_key` would write another name, in small letters. */
function briefcast_source( $given ) {
	return preg_replace( '/[^A-Za-z0-9._-]/', '', (string) $given );
}

/** Puts the player before a single post's text, unless its author has placed one. */
function briefcast_before_text( $text ) {
	// Some plugins filter texts of their own where there is no post.
	$post = get_post();
	if ( ! $post || ! is_singular( 'post' ) || ! in_the_loop() || ! get_option( 'briefcast_everywhere', '1' ) ) {
		return $text;
	}
	if ( has_shortcode( $post->post_content, 'briefcast' ) || has_block( 'briefcast/player' ) ) {
		return $text;
	}
	return briefcast_player( array() ) . $text;
}

add_shortcode( 'briefcast', 'briefcast_player' );
add_filter( 'the_content', 'briefcast_before_text' );
add_action(
	'init',
	function () {
		// Without an editor's script a block is in posts and not in the editor's list of blocks.
		wp_register_script(
			'briefcast-player-block',
			plugins_url( 'block.js', __FILE__ ),
			array( 'wp-blocks', 'wp-element', 'wp-components', 'wp-block-editor', 'wp-i18n' ),
			'1.1',
			true
		);
		register_block_type(
			'briefcast/player',
			array(
				'api_version'     => 2,
				'editor_script'   => 'briefcast-player-block',
				'title'           => 'Briefcast player',
				'category'        => 'embed',
				'attributes'      => array( 'article' => array( 'type' => 'string', 'default' => '' ) ),
				'render_callback' => 'briefcast_player',
			)
		);
		register_setting( 'reading', 'briefcast_address', array( 'type' => 'string', 'sanitize_callback' => 'esc_url_raw' ) );
		register_setting( 'reading', 'briefcast_source', array( 'type' => 'string', 'sanitize_callback' => 'briefcast_source' ) );
	}
);
add_action(
	'admin_init',
	function () {
		foreach ( array( 'briefcast_address' => 'Briefcast address', 'briefcast_source' => 'Briefcast source' ) as $name => $label ) {
			add_settings_field(
				$name,
				$label,
				function () use ( $name ) {
					printf( '<input name="%1$s" id="%1$s" value="%2$s" class="regular-text">', esc_attr( $name ), esc_attr( get_option( $name, '' ) ) );
				},
				'reading'
			);
		}
	}
);
