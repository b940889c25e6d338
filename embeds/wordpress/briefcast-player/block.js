/* The block "Briefcast player" in the block editor: a placeholder that says whose audio will play, and a field for another
   article's. What readers get is written by briefcast-player.php; nothing is asked of Briefcast while one writes. */
( function ( blocks, element, components, blockEditor, i18n ) {
	'use strict';
	var el = element.createElement;
	var __ = i18n.__;

	blocks.registerBlockType( 'briefcast/player', {
		apiVersion: 2,
		title: __( 'Briefcast player', 'briefcast-player' ),
		description: __( 'Plays the audio of this post, or of another article.', 'briefcast-player' ),
		category: 'embed',
		icon: 'controls-volumeon',
		keywords: [ 'audio', 'listen' ],
		attributes: { article: { type: 'string', default: '' } },
		supports: { html: false },
		edit: function ( props ) {
			var article = props.attributes.article;
			return el(
				'div',
				blockEditor.useBlockProps(),
				el(
					components.Placeholder,
					{
						icon: 'controls-volumeon',
						label: __( 'Briefcast player', 'briefcast-player' ),
						instructions: article
							? __( 'The audio of this article plays here:', 'briefcast-player' ) + ' ' + article
							: __( 'The audio of this post plays here, once there is some.', 'briefcast-player' ),
					},
					el( components.TextControl, {
						label: __( 'Another article (source:id)', 'briefcast-player' ),
						value: article,
						onChange: function ( value ) {
							props.setAttributes( { article: value.trim() } );
						},
					} )
				)
			);
		},
		// Written when the page is: a change of address reaches every post.
		save: function () {
			return null;
		},
	} );
} )( window.wp.blocks, window.wp.element, window.wp.components, window.wp.blockEditor, window.wp.i18n );
